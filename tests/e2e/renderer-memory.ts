import { readdirSync, readFileSync } from 'node:fs';
import type { Profile } from './profile.ts';

/**
 * What the pages and workers of a profile take in memory, in bytes: the resident set of its browser's renderers, which the
 * browser's process leads as a group. Read from /proc, so that looking does nothing to the page.
 */
export function rendererBytes(profile: Profile): number {
  const lead = processes().find(({ command }) => {
    return command.includes(`127.0.0.1:${profile.network.port}`) && !command.includes('--type=');
  });
  if (lead === undefined) throw new Error('The browser of this profile does not run');
  const renderers = processes().filter(
    ({ group, command }) => group === lead.group && command.includes('--type=renderer'),
  );
  if (renderers.length === 0) throw new Error('This browser has no renderer');
  return renderers.reduce((sum, { resident }) => sum + resident, 0);
}

interface Running {
  readonly group: number;
  readonly command: string;
  readonly resident: number;
}

const pageBytes = 4096;

function processes(): Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): Running[] => {
      try {
        // After the name, which is in brackets and may hold anything: state, parent, group.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const [, resident] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return [{ group: Number(group), command, resident: Number(resident) * pageBytes }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
