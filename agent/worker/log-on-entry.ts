/** The program of the thread that logs on by GSSAPI, whose calls may wait for a KDC. */
import { workerData } from "node:worker_threads";
import type { GssLibrary } from "../platform/posix/log-on/gss-tables.ts";
import { openGssapi } from "../platform/posix/log-on/gssapi.ts";
import { answerQuestions } from "./answer-questions.ts";

answerQuestions(openGssapi(process.getBuiltinModule("node:ffi"), workerData as GssLibrary));
