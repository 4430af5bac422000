/** The contrast of every pair of colours that the app uses, computed from the tokens themselves (WCAG 2.2, 1.4.3 and 1.4.11). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../../src/app/', import.meta.url);
const theme = readFileSync(new URL('theme.css', folder), 'utf8');
const styles = ['app.css', 'lists.css', 'beside.css']
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

type Palette = ReadonlyMap<string, string>;

function colours(block: string): Palette {
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

const darkStart = theme.indexOf('@media (prefers-color-scheme: dark)');
const palettes: readonly (readonly [string, Palette])[] = [
  ['light', colours(theme.slice(0, darkStart))],
  ['dark', colours(theme.slice(darkStart))],
];

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['paper', 'surface', 'sunken'];
const on = (text: readonly string[], ground: readonly string[]): [string, string][] =>
  text.flatMap((t) => ground.map((g): [string, string] => [t, g]));

const textPairs = [
  ...on(['ink', 'ink-soft', 'accent', 'amber', 'brick'], grounds),
  ...on(['ink', 'ink-soft', 'accent'], ['accent-wash']),
  ...on(['ink', 'amber'], ['amber-wash']),
  ...on(['ink', 'brick'], ['brick-wash']),
  ['on-accent', 'accent'] as [string, string],
  ['on-brick', 'brick'] as [string, string],
];
const shapePairs = on(['line-strong'], [...grounds, 'accent-wash', 'amber-wash', 'brick-wash']);

test('the contrast formula gives the values of the standard', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

test.for(palettes)('APP-12: all text of the %s theme has a contrast of at least 4.5', ([, palette]) => {
  const weak = textPairs.filter(
    ([text, ground]) => !(contrast(palette.get(text) ?? '', palette.get(ground) ?? '') >= 4.5),
  );
  expect(weak).toEqual([]);
});

test.for(palettes)(
  'APP-12: borders and shapes of the %s theme have a contrast of at least 3',
  ([, palette]) => {
    const weak = shapePairs.filter(
      ([line, ground]) => !(contrast(palette.get(line) ?? '', palette.get(ground) ?? '') >= 3),
    );
    expect(weak).toEqual([]);
  },
);

test('APP-12: both themes define the same colours, and no colour stands outside the tokens', () => {
  const [light, dark] = palettes.map(([, palette]) => [...palette.keys()].sort());
  expect(light).toEqual(dark);
  expect(styles.match(/#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|oklch)\(/gi)).toBeNull();
});
