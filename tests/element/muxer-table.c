/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The table; see the header. What a muxer does when it may not seek stands in
 * the flags. */

#include "muxer-table.h"

#include <string.h>

/* icesink's own, in place of the fixture's small ones. */
#define DEFAULTS "part-size=4194304 head-size=1048576" \
  " max-part-duration=10000000000"

#define HOUR "3600000000000"
#define DAY "86400000000000"
#define SECOND "1000000000"

const MuxerRow muxer_rows[] = {
  /* isomp4 */
  {"mp4mux", "h264 aac"},
  {"mp4mux", "h264", "video-alone"},
  {"mp4mux", "h264 aac", "defaults", DEFAULTS, 16384},
  {"mp4mux faststart=true", "h264 aac", "faststart"},
  {"mp4mux fragment-duration=500", "h264 aac", "fragments"},
  {"mp4mux fragment-duration=500 streamable=true", "h264 aac",
      "streamable-fragments"},
  {"mp4mux fragment-duration=500 fragment-mode=first-moov-then-finalise",
      "h264 aac", "first-moov-then-finalise", "head-size=1048576", 0,
      MUXER_INSISTS},
  {"mp4mux reserved-max-duration=" HOUR
        " reserved-moov-update-period=" SECOND, "h264 aac", "robust-for-1h",
      DEFAULTS, 16384, MUXER_REFUSES},
  {"mp4mux reserved-max-duration=" HOUR
        " reserved-moov-update-period=" SECOND, "h264 aac",
      "robust-for-1h-in-small-parts", NULL, 4096, MUXER_REFUSES},
  {"mp4mux reserved-max-duration=" DAY
        " reserved-moov-update-period=" SECOND, "h264 aac", "robust-for-24h",
      DEFAULTS, 16384, MUXER_SPOOL | MUXER_REFUSES},
  {"qtmux", "h264 aac"},
  {"qtmux", "jpeg pcm", "jpeg"},
  {"qtmux reserved-max-duration=60" "000000000"
        " reserved-moov-update-period=500000000", "h264 aac", "robust", NULL,
      4096, MUXER_REFUSES},
  {"qtmux reserved-max-duration=600" "000000000 reserved-bytes-per-sec=2000"
        " reserved-moov-update-period=200000000", "h264 aac",
      "robust-in-small-parts", NULL, 4096, MUXER_REFUSES},
  {"3gppmux", "h263 amr"},
  {"mj2mux", "pcm"},
  {"ismlmux fragment-duration=500", "h264 aac"},

  /* matroska */
  {"matroskamux", "jpeg vorbis"},
  {"matroskamux", "h264 aac", "defaults", DEFAULTS, 16384},
  {"matroskamux max-cluster-duration=" SECOND
        " min-cluster-duration=200000000", "jpeg", "short-clusters"},
  {"matroskamux streamable=true", "jpeg", "streamable"},
  {"matroskamux streamable=true", "jpeg", "streamable-not-seekable",
      "seekable=no"},
  {"webmmux", "vp8 vorbis"},
  {"webmmux streamable=true", "vp8 vorbis", "streamable"},

  /* the others of base, good, bad and ugly */
  {"flvmux", "h264 aac"},
  {"flvmux streamable=true", "h264 aac", "streamable", "seekable=no"},
  {"eflvmux", "h264 aac"},
  {"avimux", "jpeg pcm", NULL, NULL, 0, MUXER_INSISTS},
  {"avimux", "h264-bytes mp3", "h264", NULL, 0, MUXER_INSISTS},
  {"wavenc", "pcm", NULL, NULL, 0, MUXER_INSISTS},
  {"wavenc", "mulaw", "mulaw", NULL, 0, MUXER_INSISTS},
  {"aiffmux", "pcm-be", NULL, NULL, 0, MUXER_INSISTS},
  {"asfmux", "wmv2 wma2"},
  {"mxfmux", "mpeg2", NULL, NULL, 0, MUXER_INSISTS},
  {"mxfmux", "pcm", "sound", NULL, 0, MUXER_INSISTS},
  {"mpegtsmux", "h264-bytes aac"},
  {"mpegtsmux m2ts-mode=true", "h264-bytes aac", "m2ts", NULL, 0,
      MUXER_BREAKS},
  {"atscmux", "mpeg2 ac3"},
  {"mpegpsmux", "mpeg2 mp2"},
  {"mplex", "mpeg2"},
  {"oggmux", "theora vorbis"},
  {"oggmux", "opus", "opus"},
  {"multipartmux", "jpeg"},
  {"rtpmux", "rtp"},
  {"rtpdtmfmux", "rtp"},
  {"jifmux", "jpeg"},
  {"xingmux", "mp3", NULL, NULL, 0, MUXER_INSISTS},
  {"id3v2mux", "mp3"},
  {"id3mux", "mp3"},
  {"apev2mux", "mp3"},
  {"flactag", "flac"},
  {"vorbistag", "vorbis"},
  {"katetag", "kate", NULL, NULL, 0, MUXER_SMALL},

  /* encoders that look back */
  {"flacenc", "pcm"},
  {"wavpackenc", "pcm-32"},

  /* libav */
  {"avmux_3g2", "h264 aac", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_3gp", "h263 amr", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_adts", "aac-adts"},
  {"avmux_adx", "adpcm-adx", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_aiff", "pcm-be", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_amr", "amr"},
  {"avmux_asf", "wmv2 wma2", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_asf_stream", "wma2"},
  {"avmux_au", "pcm-be", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_avi", "mpeg4 mp3", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_avm2", "mp3-44"},
  {"avmux_avif", "av1", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_caf", "pcm-be", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_chromaprint", "pcm", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_dv", "dv"},
  {"avmux_dvd", "mpeg2 ac3"},
  {"avmux_f4v", "h264 aac", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_flv", "flv1", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_gxf", "pcm-mono", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_hash", "pcm", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_ipod", "h264 aac", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_ircam", "pcm"},
  {"avmux_ismv", "h264 aac"},
  {"avmux_ivf", "vp8", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_latm", "aac"},
  {"avmux_matroska", "h264", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_md5", "pcm", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_mkvtimestamp_v2", "video", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_mmf", "adpcm-yamaha", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_mov", "h264 aac", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_mp2", "mp2"},
  {"avmux_mp3", "mp3", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_mp4", "h264 aac", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_mpeg", "mpeg2 mp2"},
  {"avmux_mpegts", "h264-bytes aac-adts"},
  {"avmux_mpjpeg", "jpeg"},
  {"avmux_mxf", "mpeg2", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_mxf_opatom", "pcm-mono", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_nut", "mpeg4"},
  {"avmux_obu", "av1"},
  {"avmux_rm", "ac3", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_rso", "pcm-u8", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_smjpeg", "jpeg pcm", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_spdif", "ac3"},
  {"avmux_streamhash", "pcm", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_svcd", "mpeg2 mp2"},
  {"avmux_swf", "mp3-44"},
  {"avmux_uncodedframecrc", "pcm", NULL, NULL, 0, MUXER_SMALL},
  {"avmux_vcd", "mpeg1 mp2"},
  {"avmux_vob", "mpeg2 ac3"},
  {"avmux_voc", "pcm"},
  {"avmux_w64", "pcm", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_wav", "pcm", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_wsaud", "adpcm-westwood", NULL, NULL, 0, MUXER_INSISTS},
  {"avmux_wtv", "mpeg2 ac3", NULL, NULL, 0, MUXER_INSISTS},

  {NULL, NULL}
};

const gchar *const muxer_exceptions[] = {
  "avmux_a64", "avmux_aea", "avmux_alp", "avmux_amv", "avmux_apm", "avmux_apng",
  "avmux_apv", "avmux_argo_asf", "avmux_argo_cvg", "avmux_ast", "avmux_avs3",
  "avmux_bit", "avmux_codec2", "avmux_dash", "avmux_daud", "avmux_film_cpk",
  "avmux_filmstrip", "avmux_fits", "avmux_hds", "avmux_hls", "avmux_iamf",
  "avmux_ico", "avmux_ilbc", "avmux_kvag", "avmux_lc3", "avmux_mxf_d10",
  "avmux_oga", "avmux_ogg", "avmux_ogv", "avmux_oma", "avmux_opus", "avmux_pdv",
  "avmux_psp", "avmux_rtsp", "avmux_sap", "avmux_smoothstreaming", "avmux_sox",
  "avmux_spx", "avmux_tta", "avmux_vc1test", "avmux_vidc", "avmux_webp",
  "avmux_whip", "avmux_yuv4mpegpipe", "cea608mux", "hlssink2",
  NULL
};

gchar *
muxer_row_get_element (const MuxerRow * row)
{
  return g_strndup (row->muxer, strcspn (row->muxer, " "));
}

gchar *
muxer_row_get_name (const MuxerRow * row)
{
  g_autofree gchar *element = muxer_row_get_element (row);

  if (row->variant == NULL)
    return g_steal_pointer (&element);

  return g_strconcat (element, "-", row->variant, NULL);
}
