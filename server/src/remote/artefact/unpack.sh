# In the deploy root. $1 release folder's name, $2 SHA-256, then pairs: a shared path and what its link says
name=releases/$1 part=releases/$1.part archive=incoming/$2.tar.gz sum=$2
shift 2
[ "$(cat "$name/REVISION" 2>/dev/null)" = "$sum" ] && { rm -f "$archive"; echo "already unpacked"; exit 0; }
[ ! -e "$name" ] && [ ! -L "$name" ] || { echo "$name is there already and is not this release"; exit 243; }
trap 'rm -rf "$part" "$archive"' EXIT
trap 'exit 1' TERM INT HUP
mkdir -p releases shared || exit 1
rm -rf "$part" && mkdir "$part" || exit 1

need=$(gzip -dc "$archive" | wc -c) || exit 1
need=$((need / 1024 + 1024))
free=$(df -Pk . | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$need" ] || { echo "room $need $free"; exit 242; }

said=$(LC_ALL=C tar -xzf "$archive" -C "$part" --no-same-owner --no-same-permissions 2>&1) || {
    echo "$said" | tail -n 20
    case $said in *"No space left"* | *quota*) echo "room $need $free"; exit 242 ;; esac
    exit 241
}
rm -f "$archive"

while [ $# -gt 0 ]; do
    path=$1 link=$2
    shift 2
    # a link of the archive on the way could lead the rest of the path elsewhere
    here=$part
    case $path in
    */*)
        IFS=/
        set -f
        for step in ${path%/*}; do
            here=$here/$step
            [ ! -L "$here" ] || { echo "${here#"$part"/} is a link in the release, so $path cannot be shared"; exit 241; }
        done
        unset IFS
        set +f
        mkdir -p "$part/${path%/*}" || exit 1
        ;;
    esac
    if [ ! -e "shared/$path" ] && [ ! -L "shared/$path" ]; then
        case ${path##*/} in
        *.*)
            echo "shared/$path"
            exit 240
            ;;
        esac
        mkdir -p "shared/$path" || exit 1
        echo "made shared/$path, an empty folder"
    fi
    rm -rf "$part/$path" && ln -s "$link" "$part/$path" || exit 1
done

rm -rf "$part/REVISION" && echo "$sum" >"$part/REVISION" || exit 1
# on the disk before it gets its name: whoever finds it finds all of it
sync -f "$part" 2>/dev/null
mv -T "$part" "$name" || exit 1
trap - EXIT
echo "unpacked into $name"
