#!/usr/bin/env bash
# Every command line in README and docs/ runs: those of `dli` here, in small; `make` targets exist.
. "$(dirname "$0")/lib.sh"
models=.runtimes/models
"$dli" backends openvino onnxruntime >/dev/null 2>&1 && [ -d $models/rapidocr ] || {
    echo "skipped: the documentation's commands need the fetched frameworks (make runtimes)"
    exit 77
}

place=$work/place
mkdir -p "$place/photos" "$place/bin" "$place/results"
cp -r examples "$place/examples"
cp $models/rapidocr/ch_PP-OCRv4_det_infer.onnx "$place/my.onnx"
cp $models/pictures/text.png "$place/photos/"
# The same program, with little to measure: what is given last counts.
program=$(realpath "$dli")
cat >"$place/bin/dli" <<WRAPPER
#!/usr/bin/env bash
if [ "\$1" = bench ] && [[ " \$* " != *" --resume "* ]]; then
    exec "$program" "\$@" --iterations 2 --warmup none --quiet
fi
exec "$program" "\$@"
WRAPPER
chmod +x "$place/bin/dli"

# Lines of fenced blocks that begin with «dli», without their comments. In docs/commands.md only the examples are lines.
python3 - README.md docs/*.md >"$work/lines" <<'PY'
import re, sys
for path in sys.argv[1:]:
    is_code = False
    for line in open(path, encoding="utf-8"):
        if line.startswith("```"):
            is_code = not is_code
        elif is_code and line.startswith("dli ") and "[" not in line:
            print(re.sub(r"\s+#.*", "", line.strip()))
PY
sort -u "$work/lines" >"$work/unique"
[ "$(wc -l <"$work/unique")" -ge 20 ] || fail "only $(wc -l <"$work/unique") commands found in the documentation"

skip='worker|< |completion|journal\.jsonl|results/2|results/\*|results\.|net\.onnx|mine\.so|resnet-50 model\.onnx'
while read -r line; do
    if grep -qE "$skip" <<<"$line" && ! grep -q results/shop <<<"$line"; then
        continue
    fi
    (cd "$place" && PATH="$place/bin:$PATH" bash -c "$line") >"$work/out" 2>"$work/err" || {
        tail -n 5 "$work/out" "$work/err" >&2
        fail "exit status $?: $line"
    }
    checks=$((checks + 1))
done < <(grep -v -- 'results/shop' "$work/unique"; grep 'plan.*--out results/shop' "$work/unique"; grep 'results/shop' "$work/unique" | grep -v -- '--out')
[ "$checks" -ge 20 ] || fail "only $checks commands ran"

# Targets that the pages name exist.
for target in $(grep -ohE '`make [a-z-]+|^make [a-z-]+' README.md docs/*.md | sed 's/.*make //' | sort -u); do
    make -n "$target" >/dev/null 2>&1 || fail "there is no 'make $target'"
    checks=$((checks + 1))
done
finish
