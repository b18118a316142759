import { redact, secretsOf } from '@tickstock/service-kit'
import t from 'tap'

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

t.test('passwords of URLs go, the rest of the URL stays', async t => {
  t.equal(redact('redis://:hunter2@store:6379/0'), 'redis://[redacted]@store:6379/0')
  t.equal(redact('to postgres://app:p@ss/w:rd@db/x failed'), 'to postgres://[redacted]@db/x failed')
  t.equal(redact('https://hunter2@host/'), 'https://[redacted]@host/')
  t.equal(redact('http://127.0.0.1:8080/a?b=c'), 'http://127.0.0.1:8080/a?b=c')
})

t.test('tokens go, wherever they stand', async t => {
  t.equal(redact(`authorization: Bearer ${TOKEN}`), 'authorization: Bearer [redacted]')
  t.equal(redact(`Basic aHVudGVyMjpodW50ZXIy`), 'Basic [redacted]')
  t.equal(redact(`/ws?x=${TOKEN}&y=1`), '/ws?x=[redacted]&y=1')
})

t.test('values under a secret name go, at any depth, as text, list or number', async t => {
  const line = JSON.stringify({
    a: { b: { DB_PASSWORD: 'hun"ter2', 'set-cookie': ['sid=hunter2', 'b=hunter2'], token: 12345, api_key: 'hunter2' } },
    inner: JSON.stringify({ password: 'hunter2', user: 'alice' }),
    deeper: JSON.stringify({ inner: JSON.stringify({ secret: 'hunter2' }) })
  })

  const clean = redact(line)

  t.notMatch(clean, /hunter2|12345|hun\\"ter2/)
  t.match(clean, /alice/)
  t.ok(JSON.parse(clean.replace(/"inner".*/, '"x":1}')))
})

t.test('known secrets go in any place', async t => {
  t.equal(redact('it said hunter2!', ['hunter2']), 'it said [redacted]!')
})

t.test('the secrets of a configuration are its secret names and the passwords in its URLs', async t => {
  const secrets = secretsOf({
    AUTH_SECRET: 'a-long-secret',
    REDIS_URL: 'redis://:p%40ssword@h',
    DATABASE_URL: 'postgres://u:%zzbroken@h/db',
    REPLICA_URLS: 'postgres://u:first-pw@h/db,postgres://u:second-pw@h/db',
    SHORT_URL: 'redis://:on@h',
    FEATURE_TOKEN: 'on',
    BARE_URL: 'redis://h',
    ODD_URL: 'not a url',
    PORT: 1
  })

  t.strictSame(secrets, ['a-long-secret', 'p%40ssword', 'p@ssword', '%zzbroken', 'first-pw', 'second-pw'])
})

t.test('so are those of Sentinels and of a cluster, which are no URLs by the standard', async t => {
  const secrets = secretsOf({
    REDIS_URL: 'redis-sentinel://me:first%20pw@one:1,two:2/main?sentinel_password=second%20pw',
    CACHE_URL: 'redis-cluster://:third-pw@one:1,two:2'
  })

  t.strictSame(secrets, ['first pw', 'first%20pw', 'second pw', 'second%20pw', 'third-pw', 'third-pw'])
  t.equal(redact('at h/main?a=b&sentinel_password=hunter2&c=d'), 'at h/main?a=b&sentinel_password=[redacted]&c=d')
})

t.test('redacts hostile lines of hundreds of kilobytes', async t => {
  const hostile = [
    '://'.repeat(100_000),
    '"password'.repeat(40_000),
    `"token":${'\\'.repeat(300_000)}`,
    'eyJ'.repeat(100_000),
    '?token'.repeat(50_000),
    '&'.repeat(300_000)
  ]

  for (const line of hostile) t.ok(redact(line).length > 0)
})
