import type { Scenario } from '../scenario.ts'

export const universeKilled: Scenario = {
  name: 'universe-killed',
  what: 'kill -9 of each user-universe replica, sequentially, then of both at once, while lists are edited',
  onlyInFull: true,
  run: async ({ universes, lasting, edited }) => {
    for (const victim of universes) {
      await victim.kill()
      await lasting(200, 5_000)
      await edited()
      await victim.restart()
    }
    await Promise.all(universes.map(victim => victim.kill()))
    await lasting(200, 5_000)
  }
}

export const postgresKilled: Scenario = {
  name: 'postgres-killed',
  what: 'kill -9 of Postgres, then of a user-universe replica too, while lists are edited',
  run: async ({ postgres, universes, random, lasting, edited, full }) => {
    if (postgres === undefined) throw new Error('this needs Postgres')
    for (let times = full ? 3 : 1; times > 0; times--) {
      await edited()
      await postgres.kill()
      await lasting(300, 8_000)
      const victim = random.pick(universes)
      await victim.kill()
      await postgres.restart()
      await victim.restart()
      await edited()
    }
  }
}
