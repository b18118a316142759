import { stat } from 'node:fs/promises'
import { execa } from 'execa'

/** Who runs a server that refuses to run as root. */
export interface ServerUser {
  /** The command as this user has to be started with it. */
  command(command: readonly [string, ...string[]]): [string, ...string[]]
  /** What the process has to be started with, beside the command. */
  readonly ids: { readonly uid?: number; readonly gid?: number }
  /** Makes a folder, with all in it, this user's. */
  own(folder: string): Promise<void>
}

const MAPPED = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'] as const

/**
 * An ordinary user: ourselves, unless we are root. Root runs the server in a user namespace, where it has no
 * capabilities and no root's id yet can still enter folders that only root may; and where namespaces are not allowed
 * (many containers), as `nobody`.
 */
export async function ordinaryUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { ids: {}, command: command => [...command], own: async () => {} }

  const [file, ...args] = MAPPED
  const { failed } = await execa(file, [...args, 'true'], { reject: false })
  return failed ? nobody() : mappedRoot
}

const mappedRoot: ServerUser = {
  ids: {},
  command: command => [...MAPPED, ...command],
  own: folder => give(folder, 0, 0)
}

/** The system's `nobody`; its ids differ between systems. */
export async function nobody(): Promise<ServerUser> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async flag => Number((await execa('id', [flag, 'nobody'])).stdout))
  )
  if (uid === undefined || gid === undefined) throw new Error('this system has no user "nobody"')
  return { ids: { uid, gid }, command: command => [...command], own: folder => give(folder, uid, gid) }
}

async function give(folder: string, uid: number, gid: number) {
  const owner = await stat(folder)
  if (owner.uid !== uid || owner.gid !== gid) await execa('chown', ['-R', `${uid}:${gid}`, folder])
}
