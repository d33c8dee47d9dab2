# make_once NAME WORDS FILL: makes the folder NAME-(hash of WORDS) in ${LINKUSER_CACHE:-~/.cache/linkuser-agent} if it is
# missing, by the function FILL, which gets the folder's temporary path. Prints the folder.
make_once() {
  local cache=${LINKUSER_CACHE:-$HOME/.cache/linkuser-agent}
  local folder
  folder=$cache/$1-$(echo "$2" | sha256sum | cut --characters=1-12)
  if [ ! -d "$folder" ]; then
    mkdir --parents "$cache"
    partial=$(mktemp --directory "$folder.XXXXXX")
    trap 'rm --recursive --force "$partial"' EXIT
    chmod 755 "$partial"
    "$3" "$partial" >&2
    # Another run may have been quicker.
    mv --no-target-directory "$partial" "$folder" || [ -d "$folder" ]
  fi
  echo "$folder"
}
