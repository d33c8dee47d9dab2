/** A name service that has every user and no group. */

import type { NameQuestion } from "../../../agent/platform/posix/name-service.ts";
import { answerQuestions } from "../../../agent/worker/answer-questions.ts";

answerQuestions(({ method, parameters: [key] }: NameQuestion) => {
  if (method === "groupById") throw new Error("5");
  return { name: String(key), uid: 1, gid: 2 };
});
