import { describe, expect, test } from 'vitest';
import {
  allTitles,
  filesIn,
  issuesIn,
  laterIssues,
  readDocument,
  requirementsOf,
  titlesOf,
  withProofs,
} from './requirements.mjs';

const text = readDocument();
const requirements = requirementsOf(text);
const titles = allTitles();

describe('docs/requirements.md', () => {
  test('TEST-4: every id that a test cites is a requirement of the document, and each is there once', () => {
    const known = requirements.map(({ id }) => id);
    expect(known.length).toBeGreaterThan(250);
    expect(known.filter((id, at) => known.indexOf(id) !== at)).toEqual([]);
    const unknown = titles.flatMap(({ file, ids }) =>
      ids.filter((id) => !known.includes(id)).map((id) => `${file} cites ${id}`),
    );
    expect(unknown).toEqual([]);
  });

  test('TEST-4: every test file that proves a requirement holds its id in a title, and none is left out', () => {
    for (const { id, proof } of requirements) {
      const citing = [
        ...new Set(titles.filter(({ ids }) => ids.includes(id)).map(({ file }) => file)),
      ].sort();
      expect(filesIn(proof), `${id}: run node tests/requirements.mjs --write`).toEqual(citing);
    }
    expect(withProofs(text, titles)).toBe(text);
  });

  test('TEST-4: a requirement without a proof names the later issue that brings it', () => {
    expect(requirements.filter(({ proof }) => !/^(Proved|Later)/.test(proof)).map(({ id }) => id)).toEqual(
      [],
    );
    for (const { id, proof } of requirements) {
      for (const issue of issuesIn(proof)) expect(laterIssues, id).toContain(issue);
    }
  });
});

describe('the reading of titles', () => {
  const source = `
    test('MRG-1, MRG-2: merge holds', () => {});
    property(\`LOG-1: \${name} survives\`, 10, fc.nat(), () => true);
    test.for([1, 2])('STORE-3: at %i', () => {});
    test('holds whatever MRG-9 says', () => {});
    test('RELAY-1 without a colon', () => {});
    const text = 'PUSH-1: not a title';
  `;

  test('TEST-4: ids count where they begin the title of a test, and nowhere else', () => {
    expect(titlesOf('tests/a.test.ts', source).map(({ ids }) => ids)).toEqual([
      ['MRG-1', 'MRG-2'],
      ['LOG-1'],
      ['STORE-3'],
    ]);
  });

  test('TEST-4: a proof that goes, and one that comes, change the document', () => {
    const before =
      '- **MRG-1** A.\n  — Proved by `tests/gone.test.ts`.\n- **LOG-1** B.\n  — Later: “Snapshots”.\n';
    const cited = titlesOf('tests/a.test.ts', "test('LOG-1: holds', () => {});");
    expect(withProofs(before, cited)).toBe(
      '- **MRG-1** A.\n  — No proof yet.\n- **LOG-1** B.\n  — Proved in part by `tests/a.test.ts`; the rest: “Snapshots”.\n',
    );
  });
});
