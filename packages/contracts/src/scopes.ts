/** What a token may be restricted to, by its `scope` claim. A token without that claim may do all that its user may. */
export const SCOPES = ['patterns:read', 'universe:read', 'universe:write'] as const

export type Scope = (typeof SCOPES)[number]
