/** All of the space as a file in the person's own hands. */
import { useState } from 'preact/hooks';
import { asCsv, asJson } from '../exporting.ts';
import { attempt } from '../notices.ts';
import type { AppSpace } from '../schema.ts';
import { saveFile } from '../table-file.ts';

export function TakeAlong({ space, label }: { readonly space: AppSpace; readonly label: string }) {
  const [saved, setSaved] = useState<string | null>(null);
  const save = (ending: string, type: string, make: () => Promise<string>): Promise<boolean> =>
    attempt(async () => {
      const name = `${label || 'Cairn'}.${ending}`;
      saveFile(name, type, await make());
      setSaved(name);
    });
  return (
    <section>
      <h3>Take along</h3>
      <p>All lists and items as a file. It is not encrypted: keep it where only you can read it.</p>
      <p class="actions start">
        <button
          type="button"
          class="plain"
          data-testid="save-csv"
          onClick={() => void save('csv', 'text/csv', () => asCsv(space))}
        >
          Save as CSV
        </button>
        <button
          type="button"
          class="plain"
          data-testid="save-json"
          onClick={() => void save('json', 'application/json', () => asJson(space, label, Date.now()))}
        >
          Save as JSON
        </button>
      </p>
      <p class="hint" role="status">
        {saved === null ? '' : `${saved} was given to the browser to save.`}
      </p>
    </section>
  );
}
