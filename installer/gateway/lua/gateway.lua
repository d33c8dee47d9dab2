-- The gateway's part in HAProxy: what haproxy.cfg calls by lua.read, lua.place, lua.link and lua.report. Its memory is
-- one process's own: haproxy.cfg has one thread. Places are kept in a stick-table, which outlives a reload and which
-- peers share; only rules can write to it, so they pass through variables of the transaction.
local json = require("json")
local settings = require("settings")
local Places = require("places")
local tenant = require("tenant")

local function now()
  local t = core.now()
  return t.sec + t.usec / 1e6
end

local places = Places.new(settings.places, now())

local counts = {}
for _, event in ipairs({ "token_renewed", "token_failed", "limit_reached", "tenant_trouble", "defect" }) do
  counts["linkuser_gateway_" .. event .. "_total"] = 0
end
local function count(name, label)
  local key = label and ('%s{%s}'):format(name, label) or name
  counts[key] = (counts[key] or 0) + 1
end

-- Moments in a stick-table: hundredths of a second, 32 bits; 0 is none.
local function stored(moment)
  local value = math.floor(moment * 100 + 0.5) & 0xFFFFFFFF
  return value == 0 and 1 or value
end
local function restored(value, near)
  local distance = (value - stored(near)) & 0xFFFFFFFF
  if distance >= 0x80000000 then distance = distance - 0x100000000 end
  return near + distance / 100
end

local function write(line) io.stderr:write(line, "\n") end
local function onEvent(event, detail)
  local answered = event:match("^upstream_(%d+)$")
  if answered then return count("linkuser_gateway_tenant_answers_total", 'status="' .. answered .. '"') end
  count("linkuser_gateway_" .. event .. "_total")
  local text = detail and (',"detail":' .. json.quote(detail)) or ""
  write(('{"time":"%s","event":"%s"%s}'):format(os.date("!%Y-%m-%dT%H:%M:%SZ"), event, text))
end

-- The tenant is left alone: for as long as its limit says, or longer and longer while it is in trouble.
local trouble = 0
local function onLimit(seconds)
  places:pause(now(), seconds)
  onEvent("limit_reached", ("the tenant accepts no calls for %.0f s"):format(seconds))
end
local function onAnswer(failed)
  if not failed then trouble = 0 return end
  trouble = math.min(60, math.max(2, trouble * 2))
  places:pause(now(), trouble)
  onEvent("tenant_trouble", ("no calls for %d s"):format(trouble))
end

tenant.start(settings, now, function() places:charge(now()) end, onLimit, onEvent)

-- Names are 1 to 256 characters, as the API has it.
local function isName(value)
  local length = type(value) == "string" and utf8.len(value)
  return length and length >= 1 and length <= 256
end

-- Reads the body; `txn.body`, which goes on, is left unset where it is not as it must be.
core.register_action("read", { "http-req" }, function(txn)
  local fields = json.object(txn.f:req_body() or "", 4096) or {}
  local user, group = fields.username, fields.group
  for name in pairs(fields) do
    if name ~= "username" and name ~= "group" then return end
  end
  if not isName(user) or (group ~= nil and not isName(group)) then return end
  txn:set_var("txn.user", user)
  txn:set_var("txn.body", '{"username":' .. json.quote(user) .. (group and ',"group":' .. json.quote(group) or "") .. "}")
end, 0)

-- Leaves `txn.bound` set where the device is the caller's own.
core.register_action("bind", { "http-req" }, function(txn)
  if settings.owns(txn:get_var("txn.machine") or "", txn:get_var("txn.device")) then txn:set_var("txn.bound", 1) end
end, 0)

-- Gives a place. The table's entries: sc1 the device's (place), sc2 the queue's (first free place; length of all
-- pauses). Leaves `txn.caller` set for one that waits for its turn; else `txn.retry`, and `txn.exact` where that is its
-- place.
local callers = {}
local lastCaller = 0
core.register_action("place", { "http-req" }, function(txn)
  local t = now()
  -- Another process's knowledge, before a reload or on the other machine.
  local pauses = txn.f:sc_get_gpt(1, 2) or 0
  if pauses / 100 > places.paused and places:pauseLeft(t) == 0 then places.paused = pauses / 100 end
  local free, mine = txn.f:sc_get_gpt(0, 2) or 0, txn.f:sc_get_gpt(0, 1) or 0
  local clock = places:clock(t)
  if free ~= 0 then places.next = math.max(places.next, restored(free, clock)) end
  local answer = places:arrive(t, txn:get_var("txn.certificate"), txn:get_var("txn.key"), mine ~= 0 and restored(mine, clock) or nil)
  if answer.place then txn:set_var("txn.place", stored(answer.place)) end
  txn:set_var("txn.free", stored(places.next))
  txn:set_var("txn.pauses", math.floor(places.paused * 100) & 0xFFFFFFFF)
  if answer.caller then
    lastCaller = lastCaller + 1
    callers[lastCaller] = answer.caller
    txn:set_var("txn.caller", lastCaller)
    return
  end
  txn:set_var("txn.retry", answer.retry)
  if answer.exact then txn:set_var("txn.exact", 1) end
  count("linkuser_gateway_places_total", answer.exact and 'kind="exact"' or 'kind="other"')
end, 0)

local function stopping() return core.get_info()["Stopping"] == "1" end

-- Waits on the line. Whether the caller's turn came: not where a pause began, or this process was replaced.
local step = math.floor(math.max(5, math.min(50, settings.places.gap * 250)))
local function takeTurn(caller)
  local asked = now()
  while true do
    local t = now()
    if places:turn(t, caller) then return true end
    if t - caller.since > settings.places.hold + 2 then return false end
    if t - asked > 1 then
      if stopping() then return false end
      asked = t
    end
    core.msleep(step)
  end
end

local function serve(txn, caller)
  if not takeTurn(caller) then return { limited = true } end
  local answer = tenant.link(txn.f:path(), txn.f:query():match("^opt=([01])$"), txn:get_var("txn.body"))
  if not answer.limited then onAnswer(answer.trouble) end
  return answer
end

-- Links the device, and leaves the answer in variables. An action, not a service: HAProxy 2.6 dies of a service that
-- waits when its endpoint hangs up, and an action just ends.
core.register_action("link", { "http-req" }, function(txn)
  local number = txn:get_var("txn.caller")
  local caller = callers[number]
  callers[number] = nil
  local ran, answer = pcall(serve, txn, caller)
  if not ran then
    onEvent("defect", tostring(answer):gsub("%w[%w%%._~-]+%w", function(run) return #run >= 20 and "[...]" or run end))
    answer = { status = 500, result = 0, msg = "Internal error of the gateway", kept = true }
  end
  local t = now()
  local kept = answer.limited or answer.kept
  local retry = places:leave(t, caller, not kept)
  if answer.limited then
    answer = { status = 429, result = 0, msg = "Not this device's turn yet; call again after Retry-After", retry = retry, exact = true }
  end
  if kept then txn:set_var("txn.kept", 1) end
  if answer.retry then txn:set_var("txn.retry", answer.retry) end
  if answer.exact then txn:set_var("txn.exact", 1) end
  for name, value in pairs(answer.headers or {}) do txn:set_var("txn." .. name:gsub("%W", "_"), value) end
  txn:set_var("txn.status", answer.status)
  txn:set_var("txn.result", answer.result)
  txn:set_var("txn.msg", json.quote(answer.msg))
  txn:set_var("txn.waited", math.floor((t - caller.since) * 1000))
  count("linkuser_gateway_answers_total", ('status="%d",result="%d"'):format(answer.status, answer.result))
end, 0)

-- For Prometheus, and /health for linkuser-gateway-check and load balancers: 200 where a call could be made now.
local function metrics()
  local lines = {}
  for name, value in pairs(counts) do lines[#lines + 1] = ("%s %d"):format(name, value) end
  table.sort(lines)
  local t = now()
  for name, value in pairs({
    token_age_seconds = tenant.renewedAt and math.floor(t - tenant.renewedAt) or "NaN",
    queued = places:queued(t),
    waiting = #places.line,
    pause_seconds = math.ceil(places:pauseLeft(t)),
  }) do
    lines[#lines + 1] = ("linkuser_gateway_%s %s"):format(name, value)
  end
  return 200, table.concat(lines, "\n") .. "\n"
end
local function health()
  if not tenant.token then return 503, "token: none; " .. (tenant.failure or "not asked for yet") .. "\n" end
  local since = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(tenant.renewedAt))
  local state = tenant.failure and ("; could not renew it: " .. tenant.failure) or ""
  local line = trouble > 0 and "tenant: in trouble\n" or ""
  return trouble > 0 and 503 or 200, "token: got at " .. since .. state .. "\n" .. line
end
core.register_service("report", "http", function(applet)
  local status, body = (applet.path == "/health" and health or metrics)()
  applet:set_status(status)
  applet:add_header("content-type", "text/plain; version=0.0.4")
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end)

core.register_task(tenant.keepToken)
core.register_task(function()
  while true do
    core.msleep(60000)
    places:tidy(now())
  end
end)
