import type { GapReason, PatternEvent, Position, Positions } from '@tickstock/contracts'
import type { Finding } from './finding.ts'
import type { ListHistory } from './list-history.ts'
import type { Change } from './matching.ts'
import type { Step, SubscriptionRecord } from './record.ts'
import { type Selection, selectionsOf } from './selections.ts'
import { ShownPatterns } from './shown-patterns.ts'
import type { Truth } from './truth.ts'
import { VersionsInForce } from './versions-in-force.ts'

/** What a scenario may lead to. */
export interface Permitted {
  readonly gaps: readonly GapReason[]
  /** Entries beyond which a gateway may refuse to replay. */
  readonly maxReplay: number
  /** Where the logs stood when everybody had begun: who begins further on has passed over what was published since. */
  readonly begun: Positions
  /** Watchlists and saved filters, by id. */
  readonly lists: ReadonlyMap<string, ListHistory>
}

/** Of each step: when the client had taken it at the latest, by the next step that says its time, or by the end. */
function knownBy(steps: readonly Step[], end: number): number[] {
  let time = end
  const times = steps.toReversed().map(step => {
    time = timeOf(step) ?? time
    return time
  })
  return times.reverse()
}

function timeOf(step: Step): number | undefined {
  switch (step[0]) {
    case 'gap':
    case 'snapshot':
      return step[4]
    case 'subscribed':
      return step[3]
    case 'retargeted':
      return step[2]
    default:
      return undefined
  }
}

/**
 * Holds what a subscriber went through against what stood in the log: each event that matches came once and in order, or lies in a gap that it was told,
 * and no gap is larger, or told for another reason, than what happened.
 */
export class RecordAudit {
  readonly #record: Omit<SubscriptionRecord, 'steps'>
  readonly #truth: Truth
  readonly #permitted: Permitted
  readonly #findings: Finding[] = []
  #at: Position | undefined
  /** By epoch, how far that ever was. */
  readonly #accounted = new Map<string, number>()
  #last: Step | undefined
  readonly #versions: VersionsInForce
  /** Of a subscription that began with a snapshot. */
  readonly #shown: ShownPatterns

  constructor(record: Omit<SubscriptionRecord, 'steps'>, truth: Truth, permitted: Permitted) {
    this.#record = record
    this.#truth = truth
    this.#permitted = permitted
    this.#versions = new VersionsInForce(this.#selections(), record.isExact || !isFollowing(record.filter))
    this.#shown = new ShownPatterns(record.channel, truth)
  }

  /** Everything up to here is accounted for; undefined before the beginning. */
  get position(): Position | undefined {
    return this.#at
  }

  /** Takes the next steps. @param by ms: the client had taken all of them then */
  take(steps: readonly Step[], by: number): void {
    this.#versions.learn(this.#selections())
    const times = knownBy(steps, by)
    steps.forEach((step, index) => {
      this.#step(step, times[index] ?? by)
    })
  }

  /** What was found since it was last asked. */
  takeFindings(): Finding[] {
    for (const detail of this.#shown.differences()) this.#find('wrong_patterns', detail, 1)
    return this.#findings.splice(0)
  }

  #selections(): readonly Selection[] {
    return selectionsOf(this.#record.filter, this.#permitted.lists)
  }

  #step(step: Step, by: number): void {
    this.#last = step
    this.#versions.drift(by)
    switch (step[0]) {
      case 'from':
        this.#begin(step[1])
        break
      case 'event':
        this.#event({ epoch: step[1], offset: step[2] }, step[3], step[4])
        break
      case 'gap':
        this.#gap(step[1], step[2], step[3], step[4])
        break
      case 'at':
        this.#passOver(step[1], 'it says that it is at')
        this.#compare(step[1])
        break
      case 'subscribed':
        this.#subscribed(step[1], step[2], by)
        break
      case 'retargeted':
        this.#retargeted(step[1], by)
        break
      case 'snapshot':
        this.#snapshot(step)
    }
  }

  /** There are no more steps. */
  end(): void {
    const { channel } = this.#record
    const newest = this.#truth.epochsOf(channel).at(-1)
    const at = this.#at
    if (at === undefined) this.#find('unfinished', 'it never began', 0)
    else if (newest !== undefined && at.epoch !== newest.epoch)
      this.#find('unfinished', `it stands at ${text(at)}, the log at ${text({ ...newest, offset: newest.top })}`, 0)
    else if (this.#last?.[0] !== 'at') this.#find('unfinished', `it stops at ${text(at)} without having said so`, 0)
    else {
      this.#versions.drift(Number.POSITIVE_INFINITY)
      if (!this.#versions.hasNewest) {
        const { number } = this.#versions.possible.at(-1) ?? {}
        this.#find('stale_selection', `version ${number} of its list is in force at the end`, 0)
      }
    }
  }

  /** The gateway looked its list up after it was asked. */
  #subscribed(at: Position, asked: number, by: number): void {
    this.#passOver(at, 'it subscribed at')
    this.#versions.change(by)
    if (!this.#versions.since(asked)) this.#find('stale_selection', `it subscribed at ${text(at)}`, 0)
  }

  #retargeted(at: Position, by: number): void {
    this.#passOver(at, 'its list was edited at')
    this.#compare(at)
    this.#versions.change(by)
  }

  #snapshot([, at, begins, remaining, time, patterns]: Extract<Step, { 0: 'snapshot' }>): void {
    if (begins && this.#at !== undefined) this.#compare(this.#at)
    if (begins) this.#shown.begin()
    this.#shown.page(patterns)
    if (remaining > 0) return
    const { channel } = this.#record
    const epoch = this.#truth.epoch(channel, at.epoch)
    if (epoch === undefined || at.offset > epoch.top) this.#find('jumped', `its snapshot is of ${text(at)}`, 0)
    this.#shown.complete(at, time)
    this.#stand(at)
  }

  #compare(at: Position): void {
    this.#shown.compare(at, this.#versions.possible)
  }

  /** It may go back by its own will, never forward: what Redis forgets is acknowledged anew before anybody relies on it. */
  #begin(from: Position): void {
    const at = this.#at
    const begun = this.#permitted.begun[this.#record.channel]
    const known = at === undefined ? begun.epoch === from.epoch && begun.offset : this.#accounted.get(from.epoch)
    if (known === undefined || known === false || from.offset > known)
      this.#find('jumped', `it was at ${text(at ?? begun)} or before, and began at ${text(from)}`, 0)
    this.#stand(from)
  }

  #stand(at: Position): void {
    this.#at = at
    this.#accounted.set(at.epoch, Math.max(at.offset, this.#accounted.get(at.epoch) ?? 0))
  }

  #event(place: Position, id: string, change: Change): void {
    const at = this.#at
    const entry = this.#truth.epoch(this.#record.channel, place.epoch)?.entries.get(place.offset)
    const isDoubled = at?.epoch === place.epoch && place.offset <= at.offset
    if (at === undefined || at.epoch !== place.epoch) this.#jump(place)
    else if (!isDoubled) this.#missing(at, place.offset - 1, `before ${text(place)}`)
    if (entry?.event.id !== id)
      this.#find('foreign', `${id} at ${text(place)}, where the log has ${entry?.event.id}`, 1)
    else this.#checkMatch(place, entry.event, change)
    if (isDoubled) this.#find('doubled', `${id} at ${text(place)}, when it had everything up to ${text(at)}`, 1)
    else this.#stand(place)
  }

  #checkMatch(place: Position, event: PatternEvent, said: Change): void {
    const changeBy = ({ filter }: Selection) => this.#truth.changeAt(this.#record.channel, place, filter)
    const matches = (selection: Selection) => changeBy(selection) !== undefined
    if (this.#versions.keep(selection => changeBy(selection) === said)) this.#shown.apply(event, said)
    else if (this.#versions.keep(matches)) {
      const changes = new Set(this.#versions.possible.map(changeBy))
      this.#find(
        'wrong_change',
        `${event.id} at ${text(place)} is ${[...changes].join(' or ')}, and came as ${said}`,
        1
      )
    } else {
      const kind = this.#versions.past.some(matches) ? 'stale_selection' : 'leaked'
      const filters = this.#versions.possible.map(({ filter }) => JSON.stringify(filter)).join(' or ')
      this.#find(kind, `${event.id} at ${text(place)} does not match ${filters}`, 1)
    }
  }

  #gap(reason: GapReason, have: Position, next: Position, told: number): void {
    const at = this.#at
    const what = `${reason} from ${text(have)} to ${text(next)}`
    if (at === undefined || at.epoch !== have.epoch || have.offset < at.offset) this.#jump(have)
    else this.#missing(at, have.offset, `before the gap ${what}`)
    if (!this.#permitted.gaps.includes(reason))
      this.#find('causeless_gap', `${what}: nothing here explains it`, this.#between(have, next))
    else this.#checkSize(reason, have, next, { what, told })
    this.#stand(next)
  }

  #checkSize(reason: GapReason, have: Position, next: Position, { what, told }: { what: string; told: number }): void {
    const { channel } = this.#record
    const seen = this.#truth.seenAfter(channel, next.epoch, told)
    if (reason === 'stream_reset') {
      const epochs = this.#truth.epochsOf(channel).map(({ epoch }) => epoch)
      const isNewer = epochs.indexOf(next.epoch) > epochs.indexOf(have.epoch)
      const { start = 0 } = this.#truth.epoch(channel, next.epoch) ?? {}
      const first = Math.max(start, (seen?.first ?? 1) - 1)
      if (!isNewer) this.#find('causeless_gap', `${what}: the log has not begun anew`, 0)
      else this.#checkSpared(next.epoch, first, next.offset, what)
      return
    }
    if (have.epoch !== next.epoch) this.#find('causeless_gap', `${what}: between two epochs`, 0)
    else if (reason === 'expired')
      this.#checkSpared(next.epoch, Math.max(have.offset, (seen?.first ?? 1) - 1), next.offset, what)
    else if (reason === 'replay_too_large')
      this.#checkSpared(
        next.epoch,
        Math.max(have.offset, (seen?.top ?? 0) - this.#permitted.maxReplay),
        next.offset,
        what
      )
  }

  /** What could have been given need not have been told as lost. */
  #checkSpared(epoch: string, after: number, upTo: number, what: string): void {
    const spared = this.#count(epoch, after, upTo)
    if (spared > 0) this.#find('oversized_gap', `${what}: what comes after ${after} was to be had`, spared)
  }

  #passOver(to: Position, what: string): void {
    const at = this.#at
    if (at === undefined || at.epoch !== to.epoch) this.#jump(to)
    else if (to.offset > at.offset) this.#missing(at, to.offset, `and ${what} ${text(to)}`)
    if (at === undefined || at.epoch !== to.epoch || to.offset > at.offset) this.#stand(to)
  }

  #jump(to: Position): void {
    const at = this.#at === undefined ? 'nowhere' : text(this.#at)
    this.#find('jumped', `from ${at} to ${text(to)} without a word`, 0)
  }

  #missing(after: Position, upTo: number, what: string): void {
    const next = (selection: Selection, offset: number) => {
      const matching = this.#matching(after.epoch, selection)
      const found = matching[indexAfter(matching, offset)]
      return found !== undefined && found <= upTo ? found : undefined
    }
    const [first, ...others] = this.#versions.silent(after.offset, next)
    if (first === undefined) return
    const count = 1 + others.length
    this.#find('missing', `${count} after ${text(after)}, the first at ${first}, ${what}`, count)
  }

  #between(have: Position, next: Position): number {
    return have.epoch === next.epoch ? this.#count(have.epoch, have.offset, next.offset) : 0
  }

  /** The fewest that match, whichever version is in force. */
  #count(epoch: string, after: number, upTo: number): number {
    const counts = this.#versions.possible.map(one => countWithin(this.#matching(epoch, one), after, upTo))
    return Math.min(...counts)
  }

  #matching(epoch: string, { filter }: Selection): readonly number[] {
    return this.#truth.matching(this.#record.channel, epoch, filter)
  }

  #find(kind: Finding['kind'], detail: string, events: number): void {
    this.#findings.push({ kind, whose: `${this.#record.subscriber} ${this.#record.channel}`, detail, events })
  }
}

const isFollowing = ({ watchlist, filter }: SubscriptionRecord['filter']): boolean =>
  (watchlist ?? filter) !== undefined

const text = ({ epoch, offset }: Position): string => `${epoch}:${offset}`

/** Index of the first that is greater. */
function indexAfter(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) > value) high = middle
    else low = middle + 1
  }
  return low
}

const countWithin = (sorted: readonly number[], after: number, upTo: number): number =>
  Math.max(0, indexAfter(sorted, upTo) - indexAfter(sorted, after))
