-- The calls to the tenant, and the token that they need.
--
-- They go by way of `listen tenant` of haproxy.cfg, which has the limits that core.httpclient lacks and puts the token
-- into the query: httpclient logs the URL of a call that fails.
local json = require("json")
local words = require("words")

local tenant = { token = nil, renewedAt = nil, failure = nil }

local longestAnswer = 8192
local tokenPaths = { "/o/oauth/token", "/o/oauth2/token" }
local tokenPath = 1
local halfLife = 0
local renewing = false

-- settings: credential, hop; now(): seconds; onCall(): a call besides the one whose turn it is; onLimit(seconds): the
-- tenant wants no calls for so long; onEvent(event, detail).
function tenant.start(settings, now, onCall, onLimit, onEvent)
  tenant.settings, tenant.now, tenant.onCall, tenant.onLimit, tenant.onEvent = settings, now, onCall, onLimit, onEvent
end

-- Status 0: the tenant can't be reached, did not answer in time, or not in HTTP, or said too much.
local function post(path, headers, body)
  local sent, answer = pcall(function()
    local request = { url = "http://tenant" .. path, dst = tenant.settings.hop, headers = headers, body = body, timeout = 14000 }
    return core.httpclient():post(request)
  end)
  if not sent or not answer or not answer.headers or not answer.headers["x-tenant"] then return 0, {}, "" end
  return answer.status, answer.headers, answer.body or ""
end

local function first(headers, name) return headers[name] and headers[name][0] end

-- Seconds until the tenant's limit gives something back, 1 to 3600. A number may be a delay, or a moment in seconds or
-- milliseconds.
local function reset(headers)
  local longest = 1
  for _, name in ipairs({ "retry-after", "x-ratelimit-reset-time" }) do
    local text = first(headers, name) or ""
    local value = text:find("^%d+%.?%d*$") and tonumber(text) or 0
    if value > 1e11 then value = value / 1000 end
    if value > 1e9 then value = value - tenant.now() end
    longest = math.max(longest, value)
  end
  return math.min(longest, 3600)
end

local function request()
  local headers = { ["content-type"] = { "application/x-www-form-urlencoded" }, accept = { "application/json" } }
  local form = ("client_id=%s&client_secret=%s&grant_type=client_credentials"):format(
    words.encode(tenant.settings.credential.id), words.encode(tenant.settings.credential.secret))
  -- Whether it counts to the account's limit is not published.
  tenant.onCall()
  local status, answered, body = post(tokenPaths[tokenPath], headers, form)
  if status == 404 or status == 405 then
    -- Pages of the vendor's name two paths.
    tokenPath = 3 - tokenPath
    status, answered, body = post(tokenPaths[tokenPath], headers, form)
    if status == 404 or status == 405 then tokenPath = 3 - tokenPath end
  end
  if status == 429 then tenant.onLimit(reset(answered)) end
  local fields = json.object(body, longestAnswer) or {}
  local token = fields.access_token
  if status == 200 and type(token) == "string" and token ~= "" and #token <= 4096 then
    return token, tonumber(fields.expires_in) or 3600
  end
  local known = { invalid_client = true, invalid_request = true, unauthorized_client = true, unsupported_grant_type = true, invalid_scope = true }
  if status == 0 then return nil, "the tenant did not answer" end
  return nil, ("the tenant answered %d%s"):format(status, known[fields.error] and " " .. fields.error or "")
end

-- Gets a new token; the old one stays where that fails. Several callers at once make one call.
function tenant.renew()
  if renewing then
    while renewing do core.msleep(50) end
    return
  end
  renewing = true
  local ran, token, more = pcall(request)
  renewing = false
  if ran and token then
    tenant.token, tenant.renewedAt, tenant.failure = token, tenant.now(), nil
    halfLife = tenant.renewedAt + math.max(30, math.min(more, 86400 * 365)) / 2
    tenant.onEvent("token_renewed")
  else
    tenant.failure = ran and more or "an internal error of the gateway"
    tenant.onEvent("token_failed", tenant.failure)
  end
end

-- Keeps the token fresh: at half its life, and again and again, up to once a minute, where that fails.
function tenant.keepToken()
  local delay = 1
  while true do
    if tenant.token == nil or tenant.now() > halfLife then
      tenant.renew()
      delay = tenant.failure and math.min(60, delay * 2) or 1
    end
    core.msleep(delay * 1000)
  end
end

local limitHeaders = { "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset-time" }
local function numbersOf(headers)
  local kept = {}
  for _, name in ipairs(limitHeaders) do
    local text = first(headers, name)
    if text and text:find("^%d+$") and #text <= 13 then kept[name] = text end
  end
  return kept
end

-- `kept`: the caller keeps its place, since no fault is its own.
local function refusal(status, msg, retry, kept)
  return { status = status, result = 0, msg = msg, retry = retry, kept = kept }
end

-- What an endpoint is answered, written here: see `refusal`; `headers` are the limit's, `trouble` is the tenant's own.
local function read(status, headers, body)
  local secrets = { tenant.token, tenant.settings.credential.secret }
  local fields = not headers["content-encoding"] and json.object(body, longestAnswer) or {}
  local result = math.type(fields.result) and math.tointeger(fields.result)
  local msg = words.harmless(fields.msg, secrets)
  local answer
  if status == 200 and (result == 0 or result == 1) then answer = { status = 200, result = result, msg = msg }
  elseif status == 404 and result == 0 then answer = refusal(404, msg)
  elseif status == 400 then answer = refusal(400, msg ~= "" and msg or "The tenant does not accept the values")
  elseif status == 401 then answer = refusal(503, "The tenant refuses the gateway's token", 60, true)
  elseif status == 0 or status >= 500 then
    local what = status == 0 and "did not answer" or "returned a server error (" .. status .. ")"
    answer = refusal(502, "The tenant " .. what, nil, true)
    answer.trouble = true
  else answer = refusal(502, ("The tenant returned an unexpected answer (status %d)"):format(status)) end
  answer.headers = numbersOf(headers)
  return answer
end

-- Links a device, with a second call after a 401.
function tenant.link(path, opt, body)
  for _ = 1, 60 do
    if tenant.token then break end
    core.msleep(50)
  end
  for attempt = 1, 2 do
    local used = tenant.token
    if used == nil then return refusal(503, "The gateway has no token", 30, true) end
    local headers = { ["x-token"] = { words.encode(used) }, ["content-type"] = { "application/json" }, accept = { "application/json" } }
    local status, answered, text = post(path .. "?opt=" .. opt, headers, body)
    tenant.onEvent("upstream_" .. status)
    if status == 429 then
      tenant.onLimit(reset(answered))
      return { limited = true }
    end
    if status ~= 401 or attempt == 2 then return read(status, answered, text) end
    if tenant.token == used then tenant.renew() end
    if tenant.token == used then return read(status, answered, text) end
    tenant.onCall()
  end
end

return tenant
