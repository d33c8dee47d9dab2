-- What of the tenant's words may reach an endpoint.
local words = {}

-- Letters and digits alone, in lower case: what is left of a secret however it is quoted or broken up.
local function bare(text) return (text:gsub("[^%w]", ""):lower()) end

-- Whether a text has eight characters in a row of a secret, in either direction.
local piece = 8
local function gives(text, secret)
  local said = bare(text)
  for _, kept in ipairs({ bare(secret), bare(secret):reverse() }) do
    for at = 1, #kept - piece + 1 do
      if said:find(kept:sub(at, at + piece - 1), 1, true) then return true end
    end
  end
  return false
end

-- A message without runs of 12 or more characters other than a word's letters, at most 300 bytes long; none at all
-- where it has a piece of one of the secrets.
function words.harmless(text, secrets)
  if type(text) ~= "string" then return "" end
  local short = text:sub(1, 2000)
  for _, secret in ipairs(secrets) do
    if gives(short, secret) then return "" end
  end
  local plain = short:gsub("%c", " "):gsub("[^%s\x80-\xFF]+", function(run)
    local isWord = #run <= 20 and run:find("^[\"'(]*%a?%l*'?%l*[\"').,:;!?]*$")
    return #run >= 12 and not isWord and "[...]" or run
  end)
  return (plain:sub(1, 300):gsub("[\xC0-\xFF]?[\x80-\xBF]*$", ""))
end

-- Percent-encoding (RFC 3986) of all but unreserved characters.
function words.encode(text)
  return (text:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

return words
