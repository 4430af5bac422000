/** The worker that hosts a space of this app. */
import { exposeSpaceHost } from '../worker/main.ts';

exposeSpaceHost();
