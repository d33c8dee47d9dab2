/** The program of the thread that logs on by GSSAPI, whose calls may wait for a KDC. */
import { workerData } from "node:worker_threads";
import { openGssapi } from "../platform/posix/log-on/gssapi.ts";
import { answerQuestions } from "./answer-questions.ts";

answerQuestions(openGssapi(process.getBuiltinModule("node:ffi"), (workerData as GssapiData).library));

/** What the thread gets at its start. */
export interface GssapiData {
  /** As dlopen takes it. */
  readonly library: string;
}
