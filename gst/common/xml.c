/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Bounded XML parsing on GMarkup.
 *
 * Any thread; one Reader per call, on the stack. */

#include "common/xml.h"

#include "common/error.h"
#include "common/text.h"

/* Answers of OSS nest three deep. */
#define MAX_DEPTH 16

typedef struct
{
  const gchar *root;
  GstIceXmlElementFunc func;
  gpointer user_data;

  gboolean has_root;            /* the root element was seen */
  GString *text;                /* of the element that is open */
  gboolean is_leaf;             /* it has no children so far */
} Reader;

static void
fail (GError ** error, const gchar * reason)
{
  gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL, "%s", reason);
}

/* Without the prefix of its namespace: the services have but one. */
static const gchar *
get_local_name (const gchar * name)
{
  const gchar *colon = strrchr (name, ':');

  return colon != NULL ? colon + 1 : name;
}

static void
on_start_element (GMarkupParseContext * context, const gchar * name,
    const gchar ** attribute_names, const gchar ** attribute_values,
    gpointer user_data, GError ** error)
{
  Reader *reader = user_data;
  const GSList *stack = g_markup_parse_context_get_element_stack (context);

  if (g_slist_length ((GSList *) stack) > MAX_DEPTH)
    fail (error, "the XML is nested too deep");
  else if (stack->next == NULL && reader->has_root)
    /* GMarkup does not mind. */
    fail (error, "the XML has more than one root");
  else if (stack->next == NULL && !g_str_equal (get_local_name (name),
          reader->root)) fail (error, "the XML is not the expected answer");

  reader->has_root = TRUE;
  reader->is_leaf = TRUE;
  g_string_truncate (reader->text, 0);
}

static void
on_end_element (GMarkupParseContext * context, const gchar * name,
    gpointer user_data, GError ** error)
{
  Reader *reader = user_data;
  const GSList *stack = g_markup_parse_context_get_element_stack (context);

  if (stack->next != NULL)
    reader->func (get_local_name (stack->next->data), get_local_name (name),
        reader->is_leaf ? g_strstrip (reader->text->str) : NULL,
        reader->user_data, error);

  reader->is_leaf = FALSE;
}

static void
on_text (GMarkupParseContext * context, const gchar * text, gsize size,
    gpointer user_data, GError ** error)
{
  Reader *reader = user_data;

  g_string_append_len (reader->text, text, size);
}

/* The XML declaration and comments come here as well. */
static void
on_passthrough (GMarkupParseContext * context, const gchar * text,
    gsize size, gpointer user_data, GError ** error)
{
  if (size >= 2 && text[0] == '<' && text[1] == '!'
      && !g_str_has_prefix (text, "<!--"))
    fail (error, "the XML declares a document type");
}

gboolean
gst_ice_xml_parse (const gchar * data, gsize size, const gchar * root,
    GstIceXmlElementFunc func, gpointer user_data, GError ** error)
{
  static const GMarkupParser parser = {
    on_start_element, on_end_element, on_text, on_passthrough, NULL
  };
  g_autoptr (GString) text = g_string_new (NULL);
  Reader reader = { root, func, user_data, FALSE, text, FALSE };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT,
      &reader, NULL);
  g_autoptr (GError) cause = NULL;

  gst_ice_text_skip_mark (&data, &size);
  /* GMarkup minds, too; but if the text has another fault before that, it
   * prints a warning that quotes from it. */
  if (!g_utf8_validate_len (data, size, NULL)) {
    fail (error, "not UTF-8 text");
    return FALSE;
  }

  if (g_markup_parse_context_parse (context, data, size, &cause)
      && g_markup_parse_context_end_parse (context, &cause)) {
    /* A declaration alone is a document to GMarkup. */
    if (!reader.has_root)
      fail (error, "the XML has no root");
    return reader.has_root;
  }

  /* GMarkup quotes what it does not like, and that may be a token. */
  if (cause->domain == G_MARKUP_ERROR)
    fail (error, "not valid XML");
  else
    g_propagate_error (error, g_steal_pointer (&cause));

  return FALSE;
}
