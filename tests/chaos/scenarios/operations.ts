import type { Scenario } from '../scenario.ts'

export const nginxReloaded: Scenario = {
  name: 'nginx-reloaded',
  what: 'nginx is reloaded under load, several times',
  run: async ({ nginx, lasting, full }) => {
    for (let times = full ? 10 : 2; times > 0; times--) {
      nginx.kill('SIGHUP')
      await lasting(300, 3_000)
    }
  }
}

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  what: 'every gateway is stopped in an orderly way and started again, one after the other: a deployment',
  run: async ({ gateways, flow }) => {
    for (const gateway of gateways) {
      await gateway.stop()
      await gateway.restart()
      await flow()
    }
  }
}

export const slotTakenOver: Scenario = {
  name: 'slot-taken-over',
  what: 'a gateway hangs beyond its lease, another takes its slot, and the first goes on',
  run: async ({ gateways, random, lasting, flow }) => {
    const [hung, other] = random.sample(gateways, 2)
    hung?.pause()
    // Its lease runs out; who starts now takes the first slot that is free.
    await lasting(3_300, 8_000)
    await other?.kill()
    await other?.restart()
    hung?.resume()
    await flow()
  }
}
