/** A CSV file becomes lists and items: choose, check which column is which, watch, read what was wrong. */
import { useState } from 'preact/hooks';
import { counted, grouped } from '../counted.ts';
import { type Reading, type Target, targets } from '../csv.ts';
import type { CsvFile } from '../csv-file.ts';
import {
  chooseColumn,
  chooseFile,
  chooseHeader,
  endImport,
  type ImportTask,
  importTask,
  startImport,
  takeImportBack,
} from '../import-task.ts';
import { hashOf, type Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { Panel } from './panel.tsx';
import { Trouble } from './trouble.tsx';

export function ImportPanel({ space, place }: { readonly space: AppSpace; readonly place: Place }) {
  return (
    <Panel title="Import" back={hashOf(place)} testId="import-panel">
      <Step task={importTask.value} space={space} />
    </Panel>
  );
}

function Step({ task, space }: { readonly task: ImportTask; readonly space: AppSpace }) {
  switch (task.kind) {
    case 'idle':
      return <FileField />;
    case 'reading':
      return <p class="empty">Reading {task.name}…</p>;
    case 'unreadable':
      return (
        <>
          <p class="trouble-box" role="alert">
            {task.name} could not be read. Check that it is there and is a text file with commas.
          </p>
          <FileField />
        </>
      );
    case 'chosen':
      return <ColumnsForm file={task.file} reading={task.reading} space={space} />;
    case 'running':
      return (
        <div class="stack">
          <p>
            Importing {task.name}: <strong>{counted(task.progress.rows, 'item')}</strong> so far.
          </p>
          <progress
            data-testid="csv-progress"
            aria-label="Import"
            value={task.progress.share}
            data-rows={task.progress.rows}
          />
          <button type="button" class="plain" data-testid="csv-cancel" onClick={task.cancel}>
            Stop here
          </button>
          <p class="hint">You can go on working meanwhile.</p>
        </div>
      );
    case 'done':
      return <Report task={task} space={space} />;
  }
}

function FileField() {
  return (
    <div class="stack">
      <label class="field">
        <span>CSV file</span>
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          data-testid="csv-file"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file !== undefined) void chooseFile(file);
          }}
        />
      </label>
      <p class="hint">
        Best with a first line that names the columns: <b>list</b>, <b>title</b>, <b>note</b>, <b>done</b>,{' '}
        <b>priority</b>, <b>due</b>, or something like them. Lists that are not there yet are made.
      </p>
    </div>
  );
}

const targetNames: Readonly<Record<Target, string>> = {
  list: 'List',
  title: 'Title',
  note: 'Note',
  done: 'Done',
  priority: 'Priority',
  due: 'Due',
};

function ColumnsForm(props: { readonly file: CsvFile; readonly reading: Reading; readonly space: AppSpace }) {
  const { file, reading } = props;
  const { columns, hasHeader } = reading;
  const start = (event: Event): void => {
    event.preventDefault();
    void startImport(props.space);
  };
  if (file.first.length === 0) return <EmptyFile name={file.name} />;
  return (
    <form class="stack" onSubmit={start}>
      <p>
        <strong>{file.name}</strong>
      </p>
      {file.guessedEncoding && (
        <p class="hint">This file is not in UTF-8. Check the letters below before you start.</p>
      )}
      <label class="check">
        <input
          type="checkbox"
          data-testid="csv-header"
          checked={hasHeader}
          onChange={({ currentTarget }) => chooseHeader(currentTarget.checked)}
        />
        <span>The first line names the columns</span>
      </label>
      {targets.map((target) => (
        <label key={target} class="field">
          <span>{targetNames[target]}</span>
          <select
            data-testid={`csv-column-${target}`}
            required={target === 'title'}
            value={columns[target] === null ? '' : String(columns[target])}
            onChange={({ currentTarget: { value } }) =>
              chooseColumn(target, value === '' ? null : Number(value))
            }
          >
            <option value="">{target === 'list' ? 'None: all into one list' : 'None'}</option>
            {file.first.map((name, index) => (
              <option key={index} value={String(index)}>
                {!hasHeader || name.trim() === '' ? `Column ${index + 1}` : name}
              </option>
            ))}
          </select>
          {columns[target] !== null && (
            <small dir="auto">
              {(hasHeader ? file.sample : [file.first, ...file.sample])
                .map((cells) => cells[columns[target] ?? 0] ?? '')
                .filter((cell) => cell !== '')
                .join(' · ') || 'empty in the first lines'}
            </small>
          )}
        </label>
      ))}
      <p class="actions">
        <button type="button" class="plain" onClick={endImport}>
          Another file
        </button>
        <button type="submit" class="main" data-testid="csv-start">
          Import
        </button>
      </p>
    </form>
  );
}

function EmptyFile({ name }: { readonly name: string }) {
  return (
    <div class="stack">
      <p class="trouble-box" role="alert">
        {name} is empty.
      </p>
      <button type="button" class="plain" onClick={endImport}>
        Another file
      </button>
    </div>
  );
}

function Report(props: { readonly task: Extract<ImportTask, { kind: 'done' }>; readonly space: AppSpace }) {
  const { name, report } = props.task;
  const isHere = props.task.space === props.space.id;
  const [isBusy, setBusy] = useState(false);
  const takeBack = async (): Promise<void> => {
    setBusy(true);
    await takeImportBack(props.space);
    setBusy(false);
  };
  const { rows, lists, faults, faultCount } = report;
  return (
    <div
      class="stack"
      data-testid="csv-report"
      data-rows={rows}
      data-lists={lists}
      data-faults={faultCount}
      data-failure={'failure' in report ? report.failure.code : undefined}
    >
      <p role="status">
        {'cancelled' in report && report.cancelled ? 'Stopped. ' : ''}
        <strong>{counted(rows, 'item')}</strong> and {counted(lists, 'new list')} from {name}
        {isHere ? '' : ', in another space'}.
      </p>
      {'failure' in report && <Trouble failure={report.failure} />}
      {faultCount > 0 && (
        <section>
          <h3>{counted(faultCount, 'line was', 'lines were')} left out</h3>
          <ul class="lines">
            {faults.map(({ line, what }) => (
              <li key={`${line} ${what}`} data-testid="csv-fault">
                Line {grouped(line)} {what}.
              </li>
            ))}
          </ul>
          {faultCount > faults.length && <p class="hint">The first {grouped(faults.length)} are shown.</p>}
        </section>
      )}
      <p class="actions">
        {rows > 0 && isHere && (
          <button type="button" class="plain" data-testid="csv-undo" disabled={isBusy} onClick={takeBack}>
            {isBusy ? 'Taking it back…' : 'Take it back'}
          </button>
        )}
        <button type="button" class="main" disabled={isBusy} onClick={endImport}>
          Import another file
        </button>
      </p>
    </div>
  );
}
