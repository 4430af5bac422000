import { exposeSpaceHost } from '../../src/worker/main.ts';

exposeSpaceHost();
