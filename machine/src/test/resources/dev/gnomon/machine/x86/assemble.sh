#!/bin/sh
# Assembles the guests of this directory: NAME.S to NAME.hex, which is checked in.
set -e
cd "$(dirname "$0")"
temporary=$(mktemp -d)
trap 'rm -r "$temporary"' EXIT
for source in *.S; do
  name=${source%.S}
  as --64 -o "$temporary/$name.o" "$source"
  ld -m elf_x86_64 -Ttext 0x10000 --oformat binary -o "$temporary/$name" "$temporary/$name.o"
  od -An -v -tx1 "$temporary/$name" | tr -d ' ' > "$name.hex"
done
