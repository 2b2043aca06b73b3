{{- define "yardmaster.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "yardmaster.labels" -}}
app.kubernetes.io/name: yardmaster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "yardmaster.selector" -}}
app.kubernetes.io/name: yardmaster
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "yardmaster.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "yardmaster.host" -}}
{{ .Values.ingress.host | default (urlParse .Values.publicUrl).hostname }}
{{- end }}

{{- /* What the restricted profile of Pod Security Standards asks of a pod. */ -}}
{{- define "yardmaster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 7420
runAsGroup: 7420
fsGroup: 7420
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "yardmaster.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
