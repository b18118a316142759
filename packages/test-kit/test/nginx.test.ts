import t from 'tap'
import { startNginx } from '../src/index.ts'

const configuration = (port: number) => `
events {}
http {
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  access_log off;
  server {
    listen 127.0.0.1:${port};
    location / { return 200 fine; }
  }
}
`

t.test('an nginx answers at its URL', async t => {
  const nginx = await startNginx(t, { configuration })

  t.equal(await (await fetch(nginx.url)).text(), 'fine')
})
