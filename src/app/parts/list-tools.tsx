/** In which order a list's items are shown, which of them, and the way to choose several. */
import { type Filter, filters, type ListView, type Sort, sorts } from '../list-view.ts';

export function ListTools(props: {
  readonly view: ListView;
  readonly mayChoose: boolean;
  readonly onChange: (view: ListView) => void;
  readonly onChoose: () => void;
}) {
  const { view } = props;
  return (
    <div class="list-tools">
      <select
        aria-label="Order"
        data-testid="list-sort"
        value={view.sort}
        // The options are the names of sorts, and below those of filters.
        onChange={({ currentTarget }) => props.onChange({ ...view, sort: currentTarget.value as Sort })}
      >
        {Object.entries(sorts).map(([sort, words]) => (
          <option key={sort} value={sort}>
            {words}
          </option>
        ))}
      </select>
      <select
        aria-label="Which items"
        data-testid="list-filter"
        data-active={view.filter !== 'all'}
        value={view.filter}
        onChange={({ currentTarget }) => props.onChange({ ...view, filter: currentTarget.value as Filter })}
      >
        {Object.entries(filters).map(([filter, words]) => (
          <option key={filter} value={filter}>
            {words}
          </option>
        ))}
      </select>
      {props.mayChoose && (
        <button type="button" class="plain small" data-testid="choose" onClick={props.onChoose}>
          Select
        </button>
      )}
    </div>
  );
}
