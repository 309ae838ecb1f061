"""The HTTP side: public pages and feeds, WebSub callback, admin pages; and the static export of the public
side. Makes no decisions on items."""
