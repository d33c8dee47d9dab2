import { AgentError } from "../../../errors.ts";
import type { LogOnPeer, SystemLogOnExchange } from "../../../network/log-on/system-log-on.ts";
import type { MakeCalls, NativeAnswer, NativeCall } from "../../native-calls.ts";
import { readField, structure } from "../../native-layout.ts";
import { askName, nameFormat, nameIn } from "../accounts/principal-name.ts";
import { bytesIn, lending, nativeCall } from "../bounded-calls.ts";
import { ffi } from "../native/library.ts";
import { addressOf, dwordSlot, wide, wideAt } from "../native/pointers.ts";
import { secur32 } from "../native/secur32.ts";
import { sspiFailure } from "./sspi-failure.ts";
import {
  bufferType,
  contextAttribute,
  contextRequest,
  contextResult,
  credentialUse,
  drep,
  negotiationInfo,
  packageInfo,
  secBuffer,
  secBufferDesc,
  secChannelBindings,
  secHandle,
  sspiStatus,
  timeStamp,
} from "./sspi-tables.ts";

/** Bytes of a token of ours: Windows' longest token. */
const maxToken = 64 * 1024;

/**
 * Windows' log-on to servers (SSPI): by the account of this process, which for SYSTEM is the computer's.
 * @param makeCalls on a thread of its own, since Windows may wait for a domain controller
 */
export async function startBySspi(peer: LogOnPeer, makeCalls: MakeCalls): Promise<SystemLogOnExchange> {
  const [acquired, named] = await makeCalls([acquireCredentials(peer), askName(nameFormat.NameSamCompatible)]);
  const status = statusOf(acquired);
  if (status !== sspiStatus.SEC_E_OK) throw sspiFailure("AcquireCredentialsHandleW", status, peer);
  const credential = bytesIn(acquired, 7);
  let context: Buffer | undefined;

  const initialize = async (token: Buffer | undefined): Promise<Initialized> => {
    const output = bufferList([[bufferType.SECBUFFER_TOKEN, Buffer.alloc(maxToken)]]);
    const input = inputOf(peer, token);
    const calls = makeCalls([initializeContext(peer, credential, context, output, input)]);
    const [answer] = await lending([output, input], calls);
    const status = statusOf(answer);
    const complete = status === sspiStatus.SEC_E_OK;
    if (!complete && status !== sspiStatus.SEC_I_CONTINUE_NEEDED) {
      throw sspiFailure("InitializeSecurityContextW", status, peer);
    }
    context = bytesIn(answer, 8);
    const length = readField(secBuffer, "cbBuffer", output.list);
    return {
      token: length === 0 ? undefined : Buffer.from(output.contents[0]?.subarray(0, length) ?? []),
      complete,
      isMutual: (bytesIn(answer, 10).readUInt32LE() & contextResult.ISC_RET_MUTUAL_AUTH) !== 0,
    };
  };

  const makeStep = async (token: Buffer | undefined) => {
    const { isMutual, ...leg } = await initialize(token);
    if (leg.complete && peer.scheme === "Negotiate" && context !== undefined) {
      checkKerberos(await askPackage(context, makeCalls), isMutual, peer);
    }
    return leg;
  };
  let lastStep: Promise<unknown> = Promise.resolve();

  return {
    account: nameIn(named),
    step(token) {
      const step = makeStep(token);
      lastStep = step.catch(() => {});
      return step;
    },
    async close() {
      // A step of several calls may have been given up between them.
      await lastStep;
      const used = context === undefined ? [] : [nativeCall(secur32, "DeleteSecurityContext", [context])];
      // Windows frees them by itself when the process ends.
      await makeCalls([...used, nativeCall(secur32, "FreeCredentialsHandle", [credential])]).catch(() => {});
    },
  };
}

interface Initialized {
  readonly token: Buffer | undefined;
  readonly complete: boolean;
  /** The peer has proved itself. */
  readonly isMutual: boolean;
}

const statusOf = (answer: NativeAnswer | undefined): number => Number(answer?.result) >>> 0;

const acquireCredentials = ({ scheme }: LogOnPeer): NativeCall =>
  nativeCall(secur32, "AcquireCredentialsHandleW", [
    null,
    wide(scheme),
    credentialUse.SECPKG_CRED_OUTBOUND,
    ...[null, null, null, null],
    structure(secHandle, {}),
    structure(timeStamp, {}),
  ]);

function initializeContext(
  { scheme, host }: LogOnPeer,
  credential: Buffer,
  context: Buffer | undefined,
  output: BufferList,
  input: BufferList | undefined,
): NativeCall {
  // NTLM can't prove the peer.
  const proof = scheme === "Negotiate" ? contextRequest.ISC_REQ_MUTUAL_AUTH : 0;
  return nativeCall(secur32, "InitializeSecurityContextW", [
    credential,
    context ?? null,
    wide(`HTTP/${host}`),
    contextRequest.ISC_REQ_CONNECTION | proof,
    0,
    drep.SECURITY_NETWORK_DREP,
    input?.description ?? null,
    0,
    context ?? structure(secHandle, {}),
    output.description,
    dwordSlot(),
    structure(timeStamp, {}),
  ]);
}

/** SSPI's buffers; each part must be kept while a call uses it. */
interface BufferList {
  readonly description: Buffer;
  /** One SecBuffer after the other. */
  readonly list: Buffer;
  readonly contents: readonly Buffer[];
}

function bufferList(buffers: readonly (readonly [type: number, content: Buffer])[]): BufferList {
  const list = Buffer.concat(
    buffers.map(([BufferType, content]) =>
      structure(secBuffer, { cbBuffer: content.length, BufferType, pvBuffer: addressOf(content) }),
    ),
  );
  const description = structure(secBufferDesc, { cBuffers: buffers.length, pBuffers: addressOf(list) });
  return { description, list, contents: buffers.map(([, content]) => content) };
}

function inputOf({ channelBinding }: LogOnPeer, token: Buffer | undefined): BufferList | undefined {
  const buffers: (readonly [number, Buffer])[] = [];
  if (token !== undefined) buffers.push([bufferType.SECBUFFER_TOKEN, token]);
  if (channelBinding !== undefined) {
    const head = structure(secChannelBindings, {
      cbApplicationDataLength: channelBinding.length,
      dwApplicationDataOffset: secChannelBindings.size,
    });
    buffers.push([bufferType.SECBUFFER_CHANNEL_BINDINGS, Buffer.concat([head, channelBinding])]);
  }
  return buffers.length === 0 ? undefined : bufferList(buffers);
}

/** The name of the package that Negotiate agreed on: `Kerberos`, `NTLM`; undefined if Windows does not say. */
async function askPackage(context: Buffer, makeCalls: MakeCalls): Promise<string | undefined> {
  const attribute = contextAttribute.SECPKG_ATTR_NEGOTIATION_INFO;
  const parameters = [context, attribute, structure(negotiationInfo, {})] as const;
  const [answer] = await makeCalls([nativeCall(secur32, "QueryContextAttributesW", parameters)]);
  if (statusOf(answer) !== sspiStatus.SEC_E_OK) return undefined;
  const info = readField(negotiationInfo, "PackageInfo", bytesIn(answer, 2));
  if (info === 0n) return undefined;
  const name = wideAt(ffi().getUint64(info, packageInfo.at.Name));
  await makeCalls([nativeCall(secur32, "FreeContextBuffer", [info])]);
  return name;
}

/** @throws AgentError `credentials-refused` if the log-on is complete, but not by Kerberos or without the peer's proof */
function checkKerberos(negotiated: string | undefined, isMutual: boolean, { host }: LogOnPeer): void {
  if (negotiated !== "Kerberos") {
    const by = negotiated === undefined ? "a package that it does not name" : negotiated;
    throw new AgentError("credentials-refused", `Windows negotiated ${by} with ${host} instead of Kerberos.`);
  }
  if (!isMutual) {
    const message = `${host} did not prove itself: it accepted the log-on without an answer of Kerberos.`;
    throw new AgentError("credentials-refused", message);
  }
}
