# In the deploy root. $1 how many to keep, then names that stay whatever their age
keep=$1
shift
now=$(readlink current)
now=${now##*/}
# names are times, so the last are the newest; only what we unpacked is counted
for path in releases/*; do
    [ -d "$path" ] && [ ! -L "$path" ] && [ -e "$path/REVISION" ] && echo "${path#releases/}"
done | sort -r | tail -n "+$((keep + 1))" | while read -r name; do
    [ "$name" != "$now" ] || continue
    for kept in "$@"; do [ "$name" != "$kept" ] || continue 2; done
    # renamed first: what is half removed is no release any more
    mv -T "releases/$name" "releases/.$name.gone" && rm -rf "releases/.$name.gone" && echo "removed releases/$name"
done
rm -rf releases/.*.gone
