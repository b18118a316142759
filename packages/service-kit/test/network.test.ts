import { Socket } from 'node:net'
import t from 'tap'
import { networkOf } from '../src/network.ts'
import { TrustedProxies } from '../src/trusted-proxies.ts'

t.test('a sender is an IPv4 address, or the half of an IPv6 one that is not his to choose', async t => {
  const networks: Record<string, string> = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:DB8:1:2::6': '2001:db8:1:2::/64',
    '2001:db8::1:2:3:4:5': '2001:db8:0:1::/64',
    '::1': '0:0:0:0::/64',
    '::': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    'not an address': 'not an address'
  }
  for (const [address, network] of Object.entries(networks)) t.equal(networkOf(address), network, address)
})

t.test('proxies are those that the list holds, however an address is written', async t => {
  const proxies = new TrustedProxies('10.0.0.0/8, 192.0.2.7, fd00::/48,loopback')
  for (const one of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', 'fd00::1', '127.0.0.1', '::1']) {
    t.ok(proxies.includes(one), one)
  }
  for (const other of ['11.0.0.1', '192.0.2.8', 'fd00:0:1::1', '::ffff:11.0.0.1', '', 'unknown', '10.0.0']) {
    t.notOk(proxies.includes(other), other)
  }
  t.notOk(proxies.isPeer(new Socket()), 'a connection that is gone')
})
