import { expect, test } from "vitest";
import type { ApiRequest, RawResponse, Sender } from "../../../agent/network/exchange.ts";
import { fetchPacScript } from "../../../agent/network/pac/fetch-script.ts";

const signal = new AbortController().signal;

function answering(response: Partial<RawResponse>): Sender & { readonly asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  return {
    asked,
    send: async (request) => {
      asked.push(request);
      return { status: 200, headers: {}, body: "", ...response };
    },
    close: async () => {},
  };
}

test("asks for the address, and gives the text", async () => {
  const sender = answering({ body: "function FindProxyForURL() {}" });
  const script = await fetchPacScript("http://wpad.test:8080/proxy.pac?site=1", sender, signal);
  expect(script).toBe("function FindProxyForURL() {}");
  const [{ origin, target, method } = expect.fail("nothing was asked")] = sender.asked;
  expect([method, origin, target.reveal()]).toEqual(["GET", "http://wpad.test:8080", "/proxy.pac?site=1"]);
});

test.each(["file:///etc/passwd", "ftp://wpad.test/proxy.pac", "proxy.pac", ""])(
  "%s is not fetched",
  async (address) => {
    const sender = answering({});
    await expect(fetchPacScript(address, sender, signal)).rejects.toThrow(/not an http: or https: URL/);
    expect(sender.asked).toEqual([]);
  },
);

test.each([302, 404, 500])("status %i is no script", async (status) => {
  const fetched = fetchPacScript("http://wpad.test/proxy.pac?planted", answering({ status, body: "<html>" }), signal);
  await expect(fetched).rejects.toMatchObject({ code: "settings-unreadable" });
  await expect(fetched).rejects.toThrow(`wpad.test answers with status ${status}`);
  await expect(fetched).rejects.not.toThrow("planted");
});
