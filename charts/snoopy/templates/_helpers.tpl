{{- define "snoopy.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "snoopy.agent" -}}{{ include "snoopy.fullname" . }}-agent{{- end -}}
{{- define "snoopy.aggregator" -}}{{ include "snoopy.fullname" . }}-aggregator{{- end -}}

{{- /* Where clients in the cluster find the aggregator; without the cluster's domain, which may differ. */ -}}
{{- define "snoopy.host" -}}{{ include "snoopy.aggregator" . }}.{{ .Release.Namespace }}.svc{{- end -}}

{{- /* Labels that never change: of selectors. Takes (list . component). */ -}}
{{- define "snoopy.selector" -}}
{{- $top := index . 0 -}}
app.kubernetes.io/name: snoopy
app.kubernetes.io/instance: {{ $top.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- /* All labels of an object. Takes (list . component). */ -}}
{{- define "snoopy.labels" -}}
{{- $top := index . 0 -}}
{{ include "snoopy.selector" . }}
app.kubernetes.io/version: {{ $top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $top.Release.Service }}
app.kubernetes.io/part-of: snoopy
helm.sh/chart: {{ printf "%s-%s" $top.Chart.Name $top.Chart.Version | replace "+" "_" }}
{{- with $top.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* An image's full name. Takes (list . .Values.PART.image). */ -}}
{{- define "snoopy.image" -}}
{{- $top := index . 0 -}}
{{- $own := index . 1 -}}
{{- with $top.Values.image.registry }}{{ . }}/{{ end -}}
{{- $own.repository -}}
{{- if $own.digest }}@{{ $own.digest }}{{ else }}:{{ $top.Values.image.tag | default $top.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- define "snoopy.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "snoopy.trusted" -}}{{ if eq .Values.trust.mode "kubernetes" }}true{{ end }}{{- end -}}

{{- /* The Secret with a part's certificate. Takes (list . "agent"). */ -}}
{{- define "snoopy.tlsSecret" -}}
{{- $top := index . 0 -}}
{{- $part := index . 1 -}}
{{- if eq $top.Values.trust.certificates "existing" -}}
{{- $name := index $top.Values.trust.existing (printf "%sSecret" $part) -}}
{{- required (printf "trust.certificates=existing needs trust.existing.%sSecret" $part) $name -}}
{{- else -}}
{{- include "snoopy.fullname" $top }}-tls-{{ $part -}}
{{- end -}}
{{- end -}}

{{- /* The admission policy of jobs; empty: there is none. Kubernetes has them since 1.30. */ -}}
{{- define "snoopy.jobPolicy" -}}
{{- $mode := .Values.jobs.policy -}}
{{- if or (eq $mode "on") (and (eq $mode "auto") (semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version)) -}}
{{- include "snoopy.fullname" . }}-jobs
{{- end -}}
{{- end -}}
