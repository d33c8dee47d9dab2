import fc from "fast-check";
import { expect, test } from "vitest";
import { InterimAnswers } from "../../agent/network/interim-answers.ts";

const interim = fc.constantFrom(
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 102 Processing\r\nX-A: b\r\n\r\n",
  "HTTP/1.0 103\n\n",
  "\r\n",
);
const answer = fc.constantFrom(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
  "HTTP/1.1 101 Switching\r\n\r\n",
  "HTTP/1.1 404\n\nHTTP/1.1 100 Continue\r\n\r\n",
  "SSH-2.0-OpenSSH_9.2\r\n",
  "garbage HTTP/1.1 100 Continue\r\n\r\n",
);

test("removes interim answers and nothing of the final one, for any split", () => {
  fc.assert(
    fc.property(
      fc.array(interim),
      answer,
      fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
      (before, real, sizes) => {
        const whole = Buffer.from(before.join("") + real);
        const answers = new InterimAnswers();
        let read = "";
        for (let at = 0; at < whole.length; ) {
          const { value: size } = sizes.next();
          read += answers.filter(whole.subarray(at, at + size)).toString();
          at += size;
        }
        expect(read).toBe(real);
      },
    ),
  );
});

test("begins again with the next answer", () => {
  const answers = new InterimAnswers();
  const real = "HTTP/1.1 200 OK\r\n\r\n";
  for (let count = 0; count < 2; count += 1) {
    answers.next();
    expect(answers.filter(Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${real}`)).toString()).toBe(real);
  }
});
