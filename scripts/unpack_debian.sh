#!/usr/bin/env bash
# Fetches Debian packages of another architecture or release and unpacks them into a folder. Apt uses lists of its own
# there: the system is not touched, and root is not needed.
#
#   scripts/unpack_debian.sh FOLDER ARCHITECTURE RELEASE PACKAGE...
#     RELEASE    a code name, or - for this system's release
#
# Does nothing when FOLDER holds exactly these packages of this release.
set -euo pipefail
if [[ $# -lt 4 ]]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
cd "$(dirname "$0")/.."
folder=$1 architecture=$2 release=$3
shift 3

# Written last: a folder left halfway is fetched anew.
complete=$folder/complete
content="$architecture $release $*"
if [[ -f $complete && $(<"$complete") == "$content" ]]; then
  echo "In $folder, from Debian: $content."
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "unpack_debian.sh: this is not a Debian system; please unpack by hand into $folder: $content" >&2
  exit 1
fi
rm -rf "$folder"
mkdir -p "$folder"/apt/{lists,archives}/partial
folder=$(realpath "$folder")
touch "$folder/apt/status"
# As root, apt would switch to a user that may not be allowed to write here.
options=(-o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o APT::Sandbox::User=
  -o "Dir::State::lists=$folder/apt/lists" -o "Dir::State::status=$folder/apt/status"
  -o "Dir::Cache=$folder/apt" -o "Dir::Cache::archives=$folder/apt/archives" -o Debug::NoLocking=1)
if [[ $release != - ]]; then
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # The mirror of this system's release.
  system=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | sed -n "s/^$system //p" | sort -u | head -n 1)
  [[ -n $mirror ]] || { echo "unpack_debian.sh: apt has no source of Debian's $system" >&2; exit 1; }
  echo "deb [signed-by=$keyring] $mirror $release main" >"$folder/apt/sources.list"
  options+=(-o "Dir::Etc::SourceList=$folder/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null)
fi
echo "Fetching from Debian: $content."
apt-get "${options[@]}" --quiet --quiet update
(cd "$folder/apt/archives" && apt-get "${options[@]}" --quiet --quiet download "$@")
for package in "$folder"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$folder"; done
rm -r "$folder/apt"
echo "$content" >"$folder/complete"
