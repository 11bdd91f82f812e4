//! Parts of an island, boxed.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        view::{Position, PositionState, add_attr::AddAnyAttr},
    },
};

/// As `into_any`, without the second, asynchronous way of waking everything inside, which no island needs and which
/// would be a sixth of what the browser has to load.
pub fn part<V>(view: V) -> AnyView
where
    V: RenderHtml + Send + 'static,
{
    Part(view).into_any()
}

struct Part<V>(V);

impl<V: Render> Render for Part<V> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<V: RenderHtml> AddAnyAttr for Part<V> {
    type Output<A: Attribute> = Part<V::Output<A>>;

    fn add_any_attr<A: Attribute>(self, attr: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        Part(self.0.add_any_attr(attr))
    }
}

impl<V: RenderHtml> RenderHtml for Part<V> {
    type AsyncOutput = V::AsyncOutput;
    type Owned = Part<V::Owned>;

    const MIN_LENGTH: usize = V::MIN_LENGTH;
    const EXISTS: bool = V::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    fn resolve(self) -> impl Future<Output = Self::AsyncOutput> + Send {
        self.0.resolve()
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0
            .to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    // `hydrate_async` is left at its default, which is `hydrate`

    fn into_owned(self) -> Self::Owned {
        Part(self.0.into_owned())
    }
}
