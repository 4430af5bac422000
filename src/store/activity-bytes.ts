/**
 * The bytes of the activity log, read back strictly: exactly the fields of each kind, numbers as integers, codes of
 * their closed sets. Whatever else lies there is damage.
 *
 *   log     = [1, [devices, schema / null, [* [trouble, since, as of / null]]], [* line]]
 *   line    = [at, kind, * value]        the values of a kind in the order of `shapes`
 *   trouble = [of, * value]              in the order of `troubleShapes`
 */
import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { type CborInput, type CborValue, decode, encode } from '../format/cbor.ts';
import { isRole } from '../format/role.ts';
import { countOf, listOf, tupleOf } from '../format/shape.ts';
import { limits } from '../limits.ts';
import { type Activity, type Began, type Told, type Trouble, troubleKey } from '../model/activity.ts';
import { isErrorCode, isHoldReason, isUnsentCause } from '../model/activity-codes.ts';
import { type ActivityLog, activityLimits, emptyLog } from '../model/activity-log.ts';

/** What a field may be: gives it back as it is, or throws `malformed`. */
type Field = 'count' | 'count-or-null' | 'integer' | 'code' | 'hold' | 'cause' | 'role' | 'trouble';
type FieldsOf<Of> = { readonly [Name in Exclude<keyof Of, 'kind' | 'at' | 'of'>]: Field };

const shapes: { readonly [Kind in Activity['kind']]: FieldsOf<Extract<Activity, { kind: Kind }>> } = {
  'log-began': { devices: 'count' },
  'log-damaged': {},
  opened: { schema: 'count', before: 'count-or-null' },
  closed: {},
  'took-over': {},
  began: { trouble: 'trouble', asOf: 'count-or-null' },
  ended: { trouble: 'trouble', since: 'count' },
  received: { device: 'count', entries: 'count', until: 'count' },
  sent: { entries: 'count', until: 'count' },
  joined: { device: 'count' },
  invited: { role: 'role', uses: 'count' },
  reopened: {},
};

const troubleShapes: { readonly [Of in Trouble['of']]: FieldsOf<Extract<Trouble, { of: Of }>> } = {
  sync: { code: 'code' },
  storage: { code: 'code' },
  clock: { byMs: 'integer' },
  sending: { why: 'cause' },
  device: { device: 'count', reason: 'hold', position: 'count' },
  version: {},
};

export function encodeActivityLog({ told, lines }: ActivityLog): Bytes {
  const troubles = [...told.troubles.values()].map(({ trouble, since, asOf }) => [
    troubleTuple(trouble),
    since,
    asOf,
  ]);
  return encode([version, [told.devices, told.schema, troubles], lines.map(lineTuple)]);
}

const version = 1;

/**
 * The log in these bytes; empty if there are none, null if a newer build wrote them. What is damaged is gone, and one line says so.
 */
export function decodeActivityLog(bytes: Bytes | null, now: number): ActivityLog | null {
  if (bytes === null) return emptyLog;
  try {
    const [written = null, told = null, lines = null] = listOf(decode(bytes), 3);
    if (countOf(written, 1) > version) return null;
    return { told: toldOf(told), lines: listOf(lines, activityLimits.lines).map(lineOf) };
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    return { ...emptyLog, lines: [{ at: now, kind: 'log-damaged' }] };
  }
}

function toldOf(value: CborValue): Told {
  const [devices = null, schema = null, troubles = null] = tupleOf(value, 3);
  const began = listOf(troubles, limits.devices + Object.keys(troubleShapes).length).map((one): Began => {
    const [trouble = null, since = null, asOf = null] = tupleOf(one, 3);
    return { trouble: troubleOf(trouble), since: countOf(since), asOf: countOrNull(asOf) };
  });
  return {
    devices: countOf(devices),
    schema: countOrNull(schema),
    troubles: new Map(began.map((one) => [troubleKey(one.trouble), one])),
  };
}

function lineTuple(activity: Activity): readonly CborInput[] {
  return [activity.at, activity.kind, ...valuesOf(shapes[activity.kind], activity)];
}

function troubleTuple(trouble: Trouble): readonly CborInput[] {
  return [trouble.of, ...valuesOf(troubleShapes[trouble.of], trouble)];
}

function valuesOf(shape: Readonly<Record<string, Field>>, from: object): CborInput[] {
  const values = new Map<string, unknown>(Object.entries(from));
  return Object.entries(shape).map(([name, field]) => {
    const value = values.get(name);
    // A shape names its own fields: what is asked for as a trouble is one.
    return field === 'trouble' ? troubleTuple(value as Trouble) : checked(field, value);
  });
}

function lineOf(value: CborValue): Activity {
  const [at = null, kind, ...values] = listOf(value);
  const shape = shapeNamed(shapes, kind);
  // The kind is one of ours, and each of its fields was checked by its shape.
  return { at: countOf(at), kind, ...fieldsFrom(shape, values) } as Activity;
}

function troubleOf(value: CborValue): Trouble {
  const [of, ...values] = listOf(value);
  // As above.
  return { of, ...fieldsFrom(shapeNamed(troubleShapes, of), values) } as Trouble;
}

function shapeNamed(all: object, name: unknown): Readonly<Record<string, Field>> {
  const shape = new Map<unknown, Readonly<Record<string, Field>>>(Object.entries(all)).get(name);
  if (shape === undefined) throw damaged('kind');
  return shape;
}

function fieldsFrom(
  shape: Readonly<Record<string, Field>>,
  values: readonly CborValue[],
): Record<string, unknown> {
  const fields = Object.entries(shape);
  if (fields.length !== values.length) throw damaged('number of fields');
  return Object.fromEntries(
    fields.map(([name, field], index) => {
      const value = values[index] ?? null;
      return [name, field === 'trouble' ? troubleOf(value) : checked(field, value)];
    }),
  );
}

function checked(field: Exclude<Field, 'trouble'>, value: unknown): number | string | null {
  switch (field) {
    case 'count-or-null':
      return value === null ? null : checked('count', value);
    case 'count':
    case 'integer':
      if (!Number.isSafeInteger(value) || (field === 'count' && Number(value) < 0)) break;
      return Number(value);
    case 'code':
      if (isErrorCode(value)) return value;
      break;
    case 'hold':
      if (isHoldReason(value)) return value;
      break;
    case 'cause':
      if (isUnsentCause(value)) return value;
      break;
    case 'role':
      if (isRole(value)) return value;
      break;
  }
  throw damaged(field);
}

function countOrNull(value: CborValue): number | null {
  return value === null ? null : countOf(value);
}

function damaged(what: string): CairnError {
  return new CairnError('malformed', `No such ${what} in the activity log`);
}
