/** The program of the thread that runs PAC scripts: its interpreter is too large for what other threads load. */
import { evaluatePac, type PacQuestion } from "../network/pac/evaluate.ts";
import { answerQuestions } from "./answer-questions.ts";

answerQuestions((question: PacQuestion) => evaluatePac(question, Date.now));
