import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { execa } from 'execa'

type Command = [string, ...string[]]

/** Who runs a server that refuses to run as root. */
export interface ServerUser {
  /** The command as this user has to be started with it. */
  command(command: Readonly<Command>): Command
  /** What the process has to be started with, beside the command. */
  readonly ids: { readonly uid?: number; readonly gid?: number }
  /** Makes a folder, with all in it, this user's. */
  own(folder: string): Promise<void>
}

/**
 * An ordinary user: ourselves, unless we are root, or an id without a name (usual in containers), which Postgres
 * refuses too. Then the server runs in a user namespace as `nobody`, where it has no capabilities yet can still enter
 * folders that only we may. Where namespaces are not allowed (many containers) root starts it as the real `nobody`, with
 * the one capability that lets it reach a project below `/root`, which others may not enter.
 */
export async function ordinaryUser(): Promise<ServerUser> {
  if (hasName() && process.getuid?.() !== 0) return ourselves

  const ids = await idsOfNobody()
  const mapped = ['unshare', '--user', `--map-user=${ids.uid}`, `--map-group=${ids.gid}`, '--'] as const
  if (await works(mapped)) return { ...ourselves, command: command => [...mapped, ...command] }
  if (process.getuid?.() !== 0) return ourselves

  const own = (folder: string) => give(folder, ids)
  const become = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups'] as const
  // The secure bit keeps the capability for access(2), by which Postgres tries its programs.
  const reach = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'] as const
  const reaching = ['setpriv', ...become, ...reach, '--'] as const
  if (await works(reaching)) return { ids: {}, own, command: command => [...reaching, ...command] }
  return { ...ourselves, ids, own }
}

async function works([file, ...args]: readonly [string, ...string[]]) {
  const { failed } = await execa(file, [...args, 'true'], { reject: false })
  return !failed
}

const ourselves: ServerUser = {
  ids: {},
  command: command => [...command],
  own: async folder => {
    // Data may be left from a time when namespaces were not allowed.
    if (process.getuid?.() === 0) await give(folder, { uid: 0, gid: 0 })
  }
}

function hasName() {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

/** The ids differ between systems; the name is everywhere. */
export async function idsOfNobody() {
  const [uid, gid] = await Promise.all([idOfNobody('-u'), idOfNobody('-g')])
  return { uid, gid }
}

async function idOfNobody(flag: '-u' | '-g') {
  const { stdout } = await execa('id', [flag, 'nobody'])
  return Number(stdout)
}

async function give(folder: string, { uid, gid }: { uid: number; gid: number }) {
  const owner = await stat(folder)
  if (owner.uid !== uid || owner.gid !== gid) await execa('chown', ['-R', `${uid}:${gid}`, folder])
}
