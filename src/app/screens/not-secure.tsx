/** Opened over plain http: what is missing, why, and what to do. Nothing is started that would fail later (APP-5). */

import { errorWords } from '../error-words.ts';
import { Mark } from '../parts/icon.tsx';

export function NotSecure() {
  const { means, next } = errorWords({ code: 'not-secure' });
  return (
    <main class="sheet" data-testid="not-secure">
      <header class="brand">
        <Mark />
        <h1>Not secure</h1>
      </header>
      <section class="card stack">
        <p>
          <strong>{means}</strong>
        </p>
        <p>{next}</p>
        <p>
          Whoever runs this server finds the way in its guide: <b>docs/relay.md</b>, “HTTPS at home”.
        </p>
      </section>
    </main>
  );
}
