import { memorySpace } from '../../src/client/index.ts';
import { schema } from './schema.ts';
import { describeClient } from './suite.ts';

describeClient('a space in memory', () => memorySpace(schema));
