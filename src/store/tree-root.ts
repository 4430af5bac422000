export type PageName = string & { readonly brand?: 'page' };
export interface TreeRoot {
  readonly name: PageName;
  readonly height: number;
  readonly entries: number;
}
export function asPageName(text: string): PageName {
  return text;
}
