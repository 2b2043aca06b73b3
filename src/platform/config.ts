export type Config = { readonly state: string };
