#!/bin/sh
# Fuzzes every reader of untrusted bytes, one after another: run.sh SECONDS [TARGET ...]
#
# A panic, a crash, an input that takes 10 seconds, an allocation of more than 128 MB (of a picture's
# decoder 300 MB) or 1 GB in all ends it; what did it is then in fuzz/artifacts. Inputs are at most
# 16 KB, of which DEFLATE makes at most 17 MB. The TIFF decoder reserves up to 256 MiB for a tag's
# values before it can be given a limit, and does not touch them.
#
# `DREAMER_FUZZ_CORPUS=fuzz/corpus cargo test --release --test fuzzed` puts one input for each way in which
# files are refused among the tests.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift

weights=tests/fixtures/weights
protobuf=tests/fixtures/protobuf

fuzz() {
    target=$1
    shift
    case " $chosen " in *" $target "* | "  ") ;; *) return ;; esac
    echo "== $target"
    mkdir -p "fuzz/corpus/$target"
    # The first folder is where libFuzzer adds what it finds; the others it only reads.
    RAYON_NUM_THREADS=1 cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$@" -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=10 -malloc_limit_mb="$most" \
        -rss_limit_mb=1024 -print_final_stats=1
}

chosen="$*"
most=128
fuzz weights "$weights" "$protobuf"
fuzz safetensors "$weights"
fuzz pytorch "$weights"
fuzz pytorch_legacy "$weights"
fuzz numpy "$weights"
fuzz caffe "$protobuf"
fuzz tensorflow "$protobuf"
fuzz description fuzz/seeds/description
most=300
fuzz picture fuzz/seeds/picture
most=128
fuzz mnist fuzz/seeds/mnist
fuzz cifar10 fuzz/seeds/cifar10
