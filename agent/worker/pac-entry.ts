/** The program of the thread that runs PAC scripts: other threads should not load its large interpreter. */
import { evaluatePac, type PacQuestion } from "../network/pac/evaluate.ts";
import { answerQuestions } from "./answer-questions.ts";

answerQuestions((question: PacQuestion) => evaluatePac(question, Date.now));
