-- The settings, from the environment (haproxy.cfg presets the defaults), and the account's credential, which only root
-- may read: HAProxy loads this before it gives up its rights.
local json = require("json")

local function wrong(text) error("linkuser-gateway: " .. text .. "; then run linkuser-gateway-check", 0) end

local function number(name, least, most)
  local text = os.getenv(name) or ""
  local value = text:find("^%d+%.?%d*$") and tonumber(text)
  if not value or value < least or value > most then
    wrong(("%s is %q: set it to a number from %g to %g in gateway.conf"):format(name, text, least, most))
  end
  return value
end

local function credential(path)
  local file, reason = io.open(path, "rb")
  if not file then wrong(reason .. ": put the account's credential in this file") end
  local text = file:read(65536) or ""
  file:close()
  local fields = json.object(text, 65535)
  local function field(name)
    local value = fields and fields[name]
    if type(value) ~= "string" or value == "" then
      wrong(path .. ' must be {"clientId": "…", "clientSecret": "…"}')
    end
    return value
  end
  return { id = field("clientId"), secret = field("clientSecret") }
end

-- A device's identifier without separators and case, as a MAC address is written in several ways.
local function plain(device) return (device:gsub("[:-]", ""):lower()) end

-- A name without the journal's escapes: \u00dc is Ü, \/ is /.
local function unescaped(name)
  local decoded = json.object('{"name":"' .. name .. '"}', 65535)
  return decoded and decoded.name or name
end

-- The devices of each certificate or machine account: lines of its name as in the journal and the device's identifiers.
local function devices(path)
  local file, reason = io.open(path, "rb")
  if not file then wrong(reason .. ": BINDING=list needs it") end
  local owned = {}
  for line in file:lines() do
    local name, rest = line:gsub("#.*", ""):match("^%s*(%S+)(.*)$")
    if name then
      local key = unescaped(name):lower()
      local own = owned[key] or {}
      if not rest:find("%S") then wrong(("%s lists no device for %s"):format(path, name)) end
      for device in rest:gmatch("%S+") do own[plain(device)] = true end
      owned[key] = own
    end
  end
  file:close()
  return function(name, device) return (owned[name:lower()] or {})[plain(device)] == true end
end

local period, limit = number("PERIOD", 0.1, 86400), number("LIMIT", 1, 10000)
local run = os.getenv("GATEWAY_RUN")
return {
  credential = credential(os.getenv("GATEWAY_ETC") .. "/credential.json"),
  owns = os.getenv("BINDING") == "list" and devices(os.getenv("GATEWAY_ETC") .. "/devices"),
  hop = "unix@" .. run .. "/tenant.sock",
  places = {
    gap = period / limit,
    -- With the tenant's 12 s less than the 30 s after which an agent hangs up.
    hold = 16,
    grace = 2 * period,
    perCertificate = number("PLACES_PER_CERTIFICATE", 1, 100000),
  },
}
