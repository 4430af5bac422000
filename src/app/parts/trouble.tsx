/** A failure in words, with its code for those who report it. */
import type { Failure } from '../../client/index.ts';
import { errorWords } from '../error-words.ts';

export function Trouble({ failure }: { readonly failure: Failure }) {
  const { means, next } = errorWords(failure);
  return (
    <div class="trouble-box" role="alert" data-testid="trouble" data-code={failure.code}>
      <p>
        <strong>{means}</strong> {next}
      </p>
      <details>
        <summary>Exact terms</summary>
        <p class="exact">
          {failure.code}: {failure.message}
        </p>
      </details>
    </div>
  );
}
