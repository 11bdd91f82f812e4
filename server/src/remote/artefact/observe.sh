# $1 deploy root
cd -- "$1" || exit 3
if [ -L current ]; then
    echo "current $(readlink current)"
    read -r revision 2>/dev/null <current/REVISION && echo "revision $revision"
elif [ -e current ]; then
    echo "occupied"
fi
for path in releases/*; do
    [ -d "$path" ] && [ ! -L "$path" ] && echo "release ${path#releases/}"
done
exit 0
