import { globSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { folderWith, makeTemporaryFolder } from '../../test/support/process.ts'
import { launch, lengthOf, READY_MESSAGE, topicNames, writeLists } from './peer.ts'
import type { System } from './system.ts'

const findNginx = (): string | undefined => folderWith(['nginx'], ['/usr/sbin'])
/** As Debian lays them out: `sbin/nginx` and `lib/nginx/modules` in one folder. */
const findModule = (): string | undefined =>
  globSync(join(findNginx() ?? '/usr/sbin', '../lib/nginx/modules/ngx_nchan_module.so'))[0]

/** Paths of bodies and proxies are of no use here, but where nginx may not write by default it does not start. */
function configOf(folder: string, module: string, port: number): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `load_module ${module};
user root;
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 600;
  keepalive_requests 100000000;
  ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  nchan_max_reserved_memory 512M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ /subscribe/(\\w+)$ {
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }
    location ~ /publish/(\\w+)$ {
      nchan_publisher http;
      nchan_channel_id $1;
      nchan_message_timeout 5s;
      nchan_message_buffer_length 10;
    }
  }
}
`
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
}

/** Takes bytes as they are, and checks no tokens. */
export const NGINX: System = {
  key: 'nchan',
  name: 'nginx + nchan (C)',
  missing: () =>
    findNginx() === undefined || findModule() === undefined
      ? 'there is no nginx with nchan (Debian: nginx, libnginx-mod-nchan)'
      : undefined,
  async start({ topics }) {
    const [programs, module] = [findNginx(), findModule()]
    if (programs === undefined || module === undefined) throw new Error('there is no nginx with nchan')
    await using stack = new AsyncDisposableStack()
    const folder = await makeTemporaryFolder('nginx')
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const port = await freePort()
    const file = join(folder, 'nginx.conf')
    await writeFile(file, configOf(folder, module, port))
    const words = [join(programs, 'nginx'), '-e', join(folder, 'start.log'), '-c', file]
    const server = await launch(words, port)
    stack.defer(() => server.stop())
    const lists = { topics: topicNames(topics), tokens: [''], queries: [''] }
    const target = {
      ports: [port],
      pids: [server.pid, ...(await childrenOf(server.pid))],
      protocol: 'raw' as const,
      path: '/subscribe/{topic}',
      ...(await writeLists(stack, lists)),
    }
    const length = lengthOf(READY_MESSAGE, lists.topics[0] ?? '')
    const head = `POST /publish/{topic} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: ${length}\\r\\n\\r\\n`
    const running = stack.move()
    return {
      target,
      publishing: { request: `${head}${READY_MESSAGE}`, port, connections: 1 },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  },
}
