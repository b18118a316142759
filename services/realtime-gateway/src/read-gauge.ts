import { Gauge, type Registry } from 'prom-client'

/** A gauge of the gateway that is read whenever somebody looks. */
export const readGauge = (registry: Registry, name: string, help: string, read: () => number): Gauge =>
  new Gauge({
    name: `gateway_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    }
  })
