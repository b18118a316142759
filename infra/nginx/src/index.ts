export { htmlDir, type NginxConfig, type NginxLimits, renderNginxConfig, type Upstream } from './render.ts'
