/** Opened over plain http: what is missing, why, and what to do. Nothing is started that would fail later (APP-5). */
import { errorWords } from '../error-words.ts';
import { Mark } from '../parts/icon.tsx';
import { route } from '../route.ts';

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
        <p>{next} Nothing was started, and nothing is kept.</p>
        {route.value.kind === 'join' && (
          <p>Your invitation is still good: open the same link with https at its beginning.</p>
        )}
        <p>
          Whoever runs this server finds the recipe in its guide: <code>docs/relay.md</code>, “HTTPS at home”.
        </p>
      </section>
    </main>
  );
}
